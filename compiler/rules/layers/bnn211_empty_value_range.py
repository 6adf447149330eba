"""BNN211."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule("BNN211", needs=("input.value_range",))
def empty_value_range(view: View, report: Report) -> list[Diagnostic]:
    """The lowest pixel value is not smaller than the highest.

    ## What it does
    Checks that `input.value_range` is [lowest, highest].

    ## Why it is bad
    The model maps this range to [0, 1]. An empty range divides by zero, and a reversed range
    inverts every image.

    ## Example
    ```yaml
    input: {shape: [28, 28, 1], value_range: [255, 0]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    input: {shape: [28, 28, 1], value_range: [0, 255]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    low, high = view.input.value_range
    if low < high:
        return []
    help = "write the lowest and the highest raw pixel value, as in `value_range: [0, 255]`"
    if high < low:
        help = f"write `value_range: [{high:g}, {low:g}]`"
    return [
        report(
            view.span_of("input", "value_range"),
            "the lowest pixel value is not smaller than the highest",
            label="[lowest, highest]",
            help=(help,),
        )
    ]
