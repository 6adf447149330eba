"""BNN235."""

from bnnc.compiler.analysis.shapes import written
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN235", needs=("input.shape",))
def branches_do_not_concatenate(view: View, report: Report) -> list[Diagnostic]:
    """Branches that are concatenated have maps of other sizes.

    ## What it does
    Compares height and width of what the branches of a `parallel` block give, where they are
    concatenated.

    ## Why it is bad
    Their channels are laid side by side at every position: both maps must have the same positions.

    ## Example
    ```yaml
    layers:
      - type: parallel
        branches:
          - - {type: conv2d, filters: 8, kernel_size: 3, padding: same, activation: relu}
          - - {type: conv2d, filters: 8, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - type: parallel
        branches:
          - - {type: conv2d, filters: 8, kernel_size: 3, padding: same, activation: relu}
          - - {type: conv2d, filters: 8, kernel_size: 5, padding: same, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "branches-do-not-concatenate":
        return []
    path, first, other = failure.placed.path, failure.shape, failure.error.wanted
    number = failure.error.branch
    return [
        report(
            view.place(*path, "branches", number),
            f"branch {number + 1} gives {written(other)} and branch 1 {written(first)}: they cannot be "
            "concatenated",
            label=f"gives {written(other)}",
            related=(Label(view.place(*path, "branches", 0), f"gives {written(first)}"),),
            notes=("height and width must be equal, channels may differ",),
            help=("write `padding: same` and the same strides in all branches",),
        )
    ]
