"""BNN332."""

from bnnc.compiler.analysis.remedies import single_class, unscored_labels
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule(
    "BNN332",
    needs=(
        "output.distribution",
        "output.parameterization",
        "output.labels",
        "output.classes",
        "output.scale",
        "loss.type",
    ),
)
def multi_hot_labels_under_another_distribution(view: View, report: Report) -> list[Diagnostic]:
    """`labels: multi_hot` under a distribution over one label an image.

    ## What it does
    Finds rows with several labels at once under any distribution but `independent_bernoulli`.

    ## Why it is bad
    A row with two ones is no single class. Keras's categorical cross-entropy takes it, and pulls
    the softmax towards 0.5 each; an argmax takes the first one and drops the other. Neither says
    anything.

    ## Example
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: multi_hot}
    ```

    ## Use instead
    ```yaml
    output: {distribution: independent_bernoulli, parameterization: logits, classes: 10, labels: multi_hot}
    ```
    """
    output = view.output
    if output.labels != "multi_hot" or output.labels in output.losses or single_class(view):
        return []
    return [
        unscored_labels(
            view,
            report,
            encoded="rows of several labels",
            reason="an image may have several such labels, or none",
            elsewhere="`distribution: independent_bernoulli`",
        )
    ]
