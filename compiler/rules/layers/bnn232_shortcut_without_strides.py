"""BNN232."""

from bnnc.compiler.analysis.shapes import written
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN232", needs=("input.shape",))
def shortcut_without_strides(view: View, report: Report) -> list[Diagnostic]:
    """The body shrinks the map to a size that no shortcut has.

    ## What it does
    Looks for strides under which a shortcut, a 1×1 window at every stride-th position, gives the
    height and width of the body's output, and finds that there are none.

    ## Why it is bad
    A window of 3×3 without padding takes two positions of each side away; a shortcut takes every
    position or every second one. The two maps cannot be laid on each other.

    ## Example
    ```yaml
    layers:
      - type: residual
        shortcut: projection
        body:
          - {type: conv2d, filters: 8, kernel_size: 3}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - type: residual
        shortcut: projection
        body:
          - {type: conv2d, filters: 8, kernel_size: 3, padding: same}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## References
    - He et al. 2016, arXiv:1512.03385, section 3.2
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "no-stride-of-a-shortcut":
        return []
    path, given, wanted = failure.placed.path, failure.shape, failure.error.wanted
    axis = next(
        axis
        for axis, (size, other) in enumerate(zip(given[:-1], wanted[:-1], strict=True))
        if -(-size // -(-size // other)) != other
    )
    size, other = given[axis], wanted[axis]
    stride = size // other
    near = "".join(
        f", a stride of {one} leaves {-(-size // one)}" for one in (stride, stride + 1) if one
    )
    return [
        report(
            view.place(*path, "shortcut"),
            f"no stride takes a shortcut from {size} positions to the {other} of the body",
            label=f"from {written(given)} to {written(wanted)}",
            related=(Label(view.place(*path, "body"), f"gives {written(wanted)}"),),
            notes=(f"n positions become ceil(n / stride){near}",),
            help=("write `padding: same` for the layers of the body, and shrink by `strides`",),
        )
    ]
