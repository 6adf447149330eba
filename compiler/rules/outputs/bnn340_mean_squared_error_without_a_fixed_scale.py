"""BNN340."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.over_reals import OverReals


@rule(
    "BNN340",
    needs=(
        "output.distribution",
        "output.parameterization",
        "output.labels",
        "output.scale",
        "loss.type",
    ),
)
def mean_squared_error_without_a_fixed_scale(view: View, report: Report) -> list[Diagnostic]:
    """`mean_squared_error` does not train the scale.

    ## What it does
    Finds `mean_squared_error` with `student_t`, and with a `normal` whose scale is learned or comes
    from the last layer.

    ## Why it is bad
    The squared error depends on the location only. The scale has no gradient and keeps its initial
    value. Every interval and every likelihood then uses an untrained scale.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    loss: {type: mean_squared_error}
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
    if view.loss.type != "mean_squared_error" or output.labels not in output.losses:
        return []
    if not isinstance(output, OverReals):
        return []
    if "mean_squared_error" in output.accepted_losses():
        return []
    if (
        output.numbers == "loc_and_unconstrained_scale"
        and getattr(output, "scale", None) is not None
    ):
        return []  # BNN342 reports that the scale is set twice
    learned = view.is_explicit("output", "scale")
    place = ("output", "scale") if learned else ("output", "parameterization")
    if output.distribution == "student_t":
        place = ("output", "distribution")
    return [
        report(
            view.span_of("loss", "type"),
            "`mean_squared_error` does not train the scale",
            label="depends on the location only",
            related=(Label(view.span_of(*place), "has a scale to train"),),
            notes=("the scale has no gradient, so it keeps its initial value",),
            help=("write `type: negative_log_likelihood`",),
            fixes=(
                view.fix_set(
                    "write `negative_log_likelihood`",
                    (("loss", "type"), "negative_log_likelihood"),
                ),
            ),
        )
    ]
