"""BNN233."""

from bnnc.compiler.analysis.shapes import written
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN233", needs=("input.shape",))
def shortcut_of_another_kind(view: View, report: Report) -> list[Diagnostic]:
    """The body of a residual block gives a row where its input is a map.

    ## What it does
    Finds residual blocks with a shortcut that is no identity, whose body's output has other axes
    than the block's input.

    ## Why it is bad
    A projection is a convolution of single positions, and zero-padding takes some of them: both
    leave a map a map. A row has no positions that could be added to it.

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
            view.place(*path, "type"),
            f"the body of a residual block gives {written(wanted)}, and its input is "
            f"{written(given)}: no shortcut leads there",
            label="adds a row and a map" if 1 in (len(given), len(wanted)) else "cannot add them",
            related=(Label(view.place(*path, "body"), f"gives {written(wanted)}"),),
            notes=("a shortcut keeps the axes of its input, and changes their sizes alone",),
            help=("move the layer that changes the axes, such as `flatten`, behind the block",),
        )
    ]
