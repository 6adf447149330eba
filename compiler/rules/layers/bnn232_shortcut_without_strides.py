"""BNN232."""

from bnnc.compiler.analysis.shapes import written
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN232", needs=("input.shape",))
def shortcut_without_strides(view: View, report: Report) -> list[Diagnostic]:
    """No stride reduces the shortcut to the size of the body's output.

    ## What it does
    A shortcut keeps every position, every second one, and so on, depending on its strides. The rule
    looks for strides with which the shortcut has the height and width of the body's output, and
    reports the block if there are none.

    ## Why it is bad
    A 3×3 window without padding removes one position at each edge, but a shortcut can only skip
    positions. The two maps then differ in size and cannot be added.

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
        f"; a stride of {one} leaves {-(-size // one)}" for one in (stride, stride + 1) if one
    )
    return [
        report(
            view.span_of(*path, "shortcut"),
            f"no stride reduces the shortcut from {size} positions to {other}, the size of the body's output",
            label=f"from {written(given)} to {written(wanted)}",
            related=(Label(view.span_of(*path, "body"), f"outputs {written(wanted)}"),),
            notes=(f"a stride reduces n positions to ceil(n / stride){near}",),
            help=(
                "write `padding: same` for the layers of the body, and reduce the map only with `strides`",
            ),
        )
    ]
