"""BNN341."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.normal import Normal


@rule("BNN341", needs=("output.distribution", "output.parameterization", "output.scale"))
def loc_without_a_scale(view: View, report: Report) -> list[Diagnostic]:
    """A `normal` whose scale is said nowhere.

    ## What it does
    Finds `normal` with `parameterization: loc` and without `scale`.

    ## Why it is bad
    The last layer gives the locations alone, and a normal distribution has a scale too. A scale of
    1 that nobody wrote would be right for labels whose noise is 1, in the units that they happen
    to be in, and for no others.

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
            view.place("output", "parameterization"),
            "the scale of the normal distribution is said nowhere",
            label="gives the location alone",
            related=(Label(view.place("output", "distribution"), "has a scale too"),),
            help=(
                "write `scale: learned`, or the standard deviation of a label, as in `scale: 0.5`; or "
                "`parameterization: loc_and_unconstrained_scale`, with twice as many units",
            ),
            fixes=(view.setting("learn one scale", (("output", "scale"), "learned")),),
        )
    ]
