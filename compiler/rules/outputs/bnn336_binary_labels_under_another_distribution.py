"""BNN336."""

from bnnc.compiler.analysis.remedies import single_class, unscored_labels
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule(
    "BNN336",
    needs=(
        "output.distribution",
        "output.parameterization",
        "output.labels",
        "output.classes",
        "output.scale",
        "loss.type",
    ),
)
def binary_labels_under_another_distribution(view: View, report: Report) -> list[Diagnostic]:
    """`labels: binary` under a distribution over something else than yes or no.

    ## What it does
    Finds a single 0 or 1 an image under `relaxed_one_hot_categorical`, `independent_bernoulli`,
    `ordered_logistic`, `normal`, `student_t` and `poisson`.

    ## Why it is bad
    A yes or no is neither a row, nor a number that was measured, nor a count, nor a place in an
    order of several classes. Scored as a real number it has normal noise around it, of which most
    lies outside of 0 and 1.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: binary}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: bernoulli, parameterization: logits, labels: binary}
    ```
    """
    output = view.output
    if output.labels != "binary" or output.labels in output.losses or single_class(view):
        return []
    if output.distribution in {"categorical", "one_hot_categorical"}:
        return []  # BNN317
    return [
        unscored_labels(
            view,
            report,
            encoded="a single 0 or 1",
            reason="a yes or no is neither a row, nor a measured number, nor a count",
            elsewhere="`distribution: bernoulli`",
        )
    ]
