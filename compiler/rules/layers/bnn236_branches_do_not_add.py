"""BNN236."""

from bnnc.compiler.analysis.shapes import written
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN236", needs=("input.shape",))
def branches_do_not_add(view: View, report: Report) -> list[Diagnostic]:
    """The branches to add have different shapes.

    ## What it does
    Compares the outputs of the branches of a `parallel` block with `merge: add`.

    ## Why it is bad
    The branches are added element by element, so their shapes must be equal.

    ## Example
    ```yaml
    layers:
      - type: parallel
        merge: add
        branches:
          - - {type: conv2d, filters: 8, kernel_size: 3, padding: same, activation: relu}
          - - {type: conv2d, filters: 16, kernel_size: 3, padding: same, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - type: parallel
        merge: add
        branches:
          - - {type: conv2d, filters: 8, kernel_size: 3, padding: same, activation: relu}
          - - {type: conv2d, filters: 8, kernel_size: 5, padding: same, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "branches-do-not-add":
        return []
    path, first, other = failure.placed.path, failure.shape, failure.error.wanted
    number = failure.error.branch
    return [
        report(
            view.span_of(*path, "branches", number),
            f"cannot add the output {written(other)} of branch {number + 1} to the output "
            f"{written(first)} of branch 1",
            label=f"outputs {written(other)}",
            related=(Label(view.span_of(*path, "branches", 0), f"outputs {written(first)}"),),
            notes=("height, width and channels must be equal",),
            help=("write the same number of filters in each branch, or `merge: concatenate`",),
        )
    ]
