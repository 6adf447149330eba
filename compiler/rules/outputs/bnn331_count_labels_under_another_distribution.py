"""BNN331."""

from bnnc.compiler.analysis.remedies import single_class, unscored_labels
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule(
    "BNN331",
    needs=(
        "output.distribution",
        "output.parameterization",
        "output.labels",
        "output.classes",
        "output.scale",
        "loss.type",
    ),
)
def count_labels_under_another_distribution(view: View, report: Report) -> list[Diagnostic]:
    """`labels: count` under a distribution that is not over counts.

    ## What it does
    Finds counts under distributions over classes, over yes or no, and over real numbers.

    ## Why it is bad
    A count has no largest value, so it cannot be the index of one of so many classes, and it is
    whole and never negative, which a normal distribution does not know: it gives probability to
    -0.4 of a thing.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: count}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: poisson, parameterization: log_rate, labels: count}
    ```
    """
    output = view.output
    if output.labels != "count" or output.labels in output.losses or single_class(view):
        return []
    return [
        unscored_labels(
            view,
            report,
            encoded="counts",
            reason="a count is a whole number that is never negative and has no upper bound",
            elsewhere="`distribution: poisson`, or read them as real numbers",
        )
    ]
