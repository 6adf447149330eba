"""BNN330."""

from bnnc.compiler.analysis.remedies import single_class, unscored_labels
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule(
    "BNN330",
    needs=(
        "output.distribution",
        "output.parameterization",
        "output.labels",
        "output.classes",
        "output.scale",
        "loss.type",
    ),
)
def real_labels_under_another_distribution(view: View, report: Report) -> list[Diagnostic]:
    """`labels: real` under a distribution that is not over real numbers.

    ## What it does
    Finds real labels under distributions over classes, over yes or no, and over counts.

    ## Why it is bad
    A measured number is no class index, no 0 or 1, and no count: cut down to one, 0.7 and 0.2
    would be the same label, and -1 none at all. Without cutting, TFP gives the log-probability of
    a Bernoulli for any number, and it means nothing.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: real}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    ```
    """
    output = view.output
    if output.labels != "real" or output.labels in output.losses or single_class(view):
        return []
    return [
        unscored_labels(
            view,
            report,
            encoded="real numbers",
            reason="a real number is no class, no yes or no, and no count",
            elsewhere="`distribution: normal`",
        )
    ]
