"""BNN233."""

from bnnc.compiler.analysis.shapes import written
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN233", needs=("input.shape",))
def shortcut_of_another_kind(view: View, report: Report) -> list[Diagnostic]:
    """The body of a residual block outputs a row, but its input is a map.

    ## What it does
    Finds residual blocks with a projection or zero-padding shortcut, if the output of the body has
    another number of axes than the input of the block.

    ## Why it is bad
    A projection is a 1×1 convolution, and zero-padding selects positions: both turn a map into a
    map. A row has no positions to add to a map.

    ## Example
    ```yaml
    layers:
      - type: residual
        shortcut: projection
        body:
          - {type: flatten}
          - {type: dense, units: 10, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - type: residual
        shortcut: projection
        body:
          - {type: dense, units: 10, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "shortcut-of-another-kind":
        return []
    path, given, wanted = failure.placed.path, failure.shape, failure.error.wanted
    return [
        report(
            view.span_of(*path, "type"),
            f"no shortcut leads from the input {written(given)} of a residual block to the output "
            f"{written(wanted)} of its body",
            label="adds a row and a map" if 1 in (len(given), len(wanted)) else "cannot add them",
            related=(Label(view.span_of(*path, "body"), f"outputs {written(wanted)}"),),
            notes=("a shortcut changes the sizes of the axes, but not their number",),
            help=("move the layer that changes the axes, such as `flatten`, after the block",),
        )
    ]
