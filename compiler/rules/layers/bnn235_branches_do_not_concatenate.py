"""BNN235."""

from bnnc.compiler.analysis.shapes import written
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN235", needs=("input.shape",))
def branches_do_not_concatenate(view: View, report: Report) -> list[Diagnostic]:
    """The branches to concatenate have maps of different sizes.

    ## What it does
    Compares height and width of the outputs of the branches of a `parallel` block with `merge:
    concatenate`.

    ## Why it is bad
    Concatenation joins the channels at each position, so all maps must have the same positions.

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
            view.span_of(*path, "branches", number),
            f"cannot concatenate the output {written(other)} of branch {number + 1} with the output "
            f"{written(first)} of branch 1",
            label=f"outputs {written(other)}",
            related=(Label(view.span_of(*path, "branches", 0), f"outputs {written(first)}"),),
            notes=("height and width must be equal; the channels may differ",),
            help=("write `padding: same` and the same strides in all branches",),
        )
    ]
