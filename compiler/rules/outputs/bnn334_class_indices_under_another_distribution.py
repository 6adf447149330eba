"""BNN334."""

from bnnc.compiler.analysis.remedies import single_class, unscored_labels
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule(
    "BNN334",
    needs=(
        "output.distribution",
        "output.parameterization",
        "output.labels",
        "output.classes",
        "output.scale",
        "loss.type",
    ),
)
def class_indices_under_another_distribution(view: View, report: Report) -> list[Diagnostic]:
    """`labels: integer` under a distribution that is not over class indices.

    ## What it does
    Finds class indices under `relaxed_one_hot_categorical`, `independent_bernoulli`, `normal`,
    `student_t` and `poisson`.

    ## Why it is bad
    The index of a class is a code. As a real number or a count it would make class 9 three times
    class 3, and a network that cannot decide between 0 and 2 would say 1. Against a row it is
    broadcast to a finite, wrong number.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: integer}
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
    if output.labels != "integer" or output.labels in output.losses or single_class(view):
        return []
    if output.distribution in {"one_hot_categorical", "bernoulli"}:
        return []  # BNN310, BNN316
    return [
        unscored_labels(
            view,
            report,
            encoded="class indices",
            reason="the index of a class is a code, neither a number that was measured nor a row",
            elsewhere="`distribution: categorical`, or `ordered_logistic` where they have an order",
        )
    ]
