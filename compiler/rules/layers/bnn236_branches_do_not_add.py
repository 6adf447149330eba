"""BNN236."""

from bnnc.compiler.analysis.shapes import written
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN236", needs=("input.shape",))
def branches_do_not_add(view: View, report: Report) -> list[Diagnostic]:
    """Branches that are added have other shapes.

    ## What it does
    Compares what the branches of a `parallel` block give, where they are added.

    ## Why it is bad
    Branches are added number by number. What has other channels, or a map of another size, has no
    partner.

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
            view.place(*path, "branches", number),
            f"branch {number + 1} gives {written(other)} and branch 1 {written(first)}: they cannot be "
            "added",
            label=f"gives {written(other)}",
            related=(Label(view.place(*path, "branches", 0), f"gives {written(first)}"),),
            notes=("height, width and channels must be equal",),
            help=("write as many filters in each branch, or `merge: concatenate`",),
        )
    ]
