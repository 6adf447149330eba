"""BNN333."""

from bnnc.compiler.analysis.remedies import single_class, unscored_labels
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule(
    "BNN333",
    needs=(
        "output.distribution",
        "output.parameterization",
        "output.labels",
        "output.classes",
        "output.scale",
        "loss.type",
    ),
)
def soft_labels_under_another_distribution(view: View, report: Report) -> list[Diagnostic]:
    """`labels: soft` under a distribution over hard labels.

    ## What it does
    Finds rows of shares under any distribution but `relaxed_one_hot_categorical`.

    ## Why it is bad
    A categorical distribution has probabilities of classes, and none of a row such as [0.7, 0.2,
    0.1]. TFP's one-hot distribution takes such a row without a word and returns a mean of
    logarithms, which is the log-probability of nothing.

    ## Example
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: soft}
    ```

    ## Use instead
    ```yaml
    output: {distribution: relaxed_one_hot_categorical, parameterization: logits, classes: 10, temperature: 0.5, labels: soft}
    ```
    """
    output = view.output
    if output.labels != "soft" or output.labels in output.losses or single_class(view):
        return []
    return [
        unscored_labels(
            view,
            report,
            encoded="rows of shares",
            reason="shares of classes are no outcome of it",
            elsewhere="`distribution: relaxed_one_hot_categorical` and its temperature",
        )
    ]
