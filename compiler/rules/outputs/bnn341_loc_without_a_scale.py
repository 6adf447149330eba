"""BNN341."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.normal import Normal


@rule("BNN341", needs=("output.distribution", "output.parameterization", "output.scale"))
def loc_without_a_scale(view: View, report: Report) -> list[Diagnostic]:
    """A `normal` output has no scale.

    ## What it does
    Finds `normal` with `parameterization: loc` and without `scale`.

    ## Why it is bad
    The last layer outputs the locations only, but a normal distribution also needs a scale. A
    default scale of 1 would only be right for labels whose noise happens to be 1 in their units.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, labels: real}
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
    if not isinstance(output, Normal) or output.numbers != "loc" or output.scale is not None:
        return []
    return [
        report(
            view.span_of("output", "parameterization"),
            "the normal distribution has no scale",
            label="sets the location only",
            related=(Label(view.span_of("output", "distribution"), "needs a scale"),),
            help=(
                "write `scale: learned`, or the standard deviation of the label noise, such as `scale: 0.5`; or "
                "`parameterization: loc_and_unconstrained_scale`, with twice as many units",
            ),
            fixes=(view.fix_set("write `scale: learned`", (("output", "scale"), "learned")),),
        )
    ]
