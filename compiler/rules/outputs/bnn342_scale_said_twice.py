"""BNN342."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.normal import Normal


@rule("BNN342", needs=("output.distribution", "output.parameterization", "output.scale"))
def scale_said_twice(view: View, report: Report) -> list[Diagnostic]:
    """The scale of a `normal` output is set twice.

    ## What it does
    Finds `normal` with `parameterization: loc_and_unconstrained_scale` and `scale`.

    ## Why it is bad
    The last layer outputs a scale for each image, and `scale` sets one scale for all images. One of
    the two would have no effect.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 2}
    output: {distribution: normal, parameterization: loc_and_unconstrained_scale, scale: learned, labels: real}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 2}
    output: {distribution: normal, parameterization: loc_and_unconstrained_scale, labels: real}
    ```
    """
    output = view.output
    if not isinstance(output, Normal) or output.scale is None:
        return []
    if output.numbers != "loc_and_unconstrained_scale":
        return []
    return [
        report(
            view.span_of("output", "scale"),
            "the scale is set twice",
            label="one scale for all images",
            related=(
                Label(view.span_of("output", "parameterization"), "one scale for each image"),
            ),
            help=("delete `scale`, or write `parameterization: loc` and half as many units",),
            fixes=(view.fix_delete("output", "scale"),),
        )
    ]
