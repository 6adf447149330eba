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
    """`mean_squared_error` beside a scale that it does not see.

    ## What it does
    Finds `mean_squared_error` under a `normal` whose scale is learned or comes from the last
    layer, and under `student_t`.

    ## Why it is bad
    The squared error depends on the location alone. The scale gets no gradient and stays where it
    began, and every interval and every likelihood that is made of it afterwards is that of an
    untrained number.

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
        return []  # where the scale comes from is not said: BNN342
    learned = view.written("output", "scale")
    place = ("output", "scale") if learned else ("output", "parameterization")
    if output.distribution == "student_t":
        place = ("output", "distribution")
    return [
        report(
            view.place("loss", "type"),
            "mean_squared_error does not see the scale",
            label="depends on the location alone",
            related=(Label(view.place(*place), "has a scale to be learned"),),
            notes=("the scale gets no gradient: it stays where it began",),
            help=("write `type: negative_log_likelihood`",),
            fixes=(
                view.setting(
                    "write `negative_log_likelihood`",
                    (("loss", "type"), "negative_log_likelihood"),
                ),
            ),
        )
    ]
