"""BNN234."""

from bnnc.compiler.analysis.shapes import written
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN234", needs=("input.shape",))
def zero_padding_of_fewer_channels(view: View, report: Report) -> list[Diagnostic]:
    """A zero-padding shortcut has more channels than the output of the body.

    ## What it does
    Finds `shortcut: zero_padding` if the body outputs fewer channels than the input of the block
    has.

    ## Why it is bad
    The shortcut would have to drop channels, but the spec does not say which.

    ## Example
    ```yaml
    layers:
      - {type: conv2d, filters: 16, kernel_size: 3, padding: same, activation: relu}
      - type: residual
        shortcut: zero_padding
        body:
          - {type: conv2d, filters: 8, kernel_size: 3, padding: same, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 16, kernel_size: 3, padding: same, activation: relu}
      - type: residual
        shortcut: projection
        body:
          - {type: conv2d, filters: 8, kernel_size: 3, padding: same, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## References
    - He et al. 2016, arXiv:1512.03385, section 3.3
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "fewer-channels-than-the-input":
        return []
    path, given, wanted = failure.placed.path, failure.shape, failure.error.wanted
    return [
        report(
            view.span_of(*path, "shortcut"),
            f"zero-padding cannot reduce {given[-1]:,} channels to the {wanted[-1]:,} of the body",
            label=f"would have to drop {given[-1] - wanted[-1]:,} channels",
            related=(Label(view.span_of(*path, "body"), f"outputs {written(wanted)}"),),
            notes=("zero-padding appends channels of zeros; it cannot drop channels",),
            help=(
                f"write `shortcut: projection`, or let the body output at least {given[-1]:,} channels",
            ),
            fixes=(
                view.fix_set("write `shortcut: projection`", ((*path, "shortcut"), "projection")),
            ),
        )
    ]
