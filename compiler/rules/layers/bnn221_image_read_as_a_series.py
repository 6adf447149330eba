"""BNN221."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

# A shorter series is more likely intended as one.
SMALLEST_SIDE = 5


@rule("BNN221", needs=("input.shape", "layers"), severity="warning")
def image_read_as_a_series(view: View, report: Report) -> list[Diagnostic]:
    """An image without a channel axis is read as a series.

    ## What it does
    Finds an `input.shape` of two equal sizes of at least 5, if no layer of the model works on the
    steps of a series. A layer such as `conv1d` shows that a series is intended.

    ## Why it is bad
    A shape of two sizes means [steps, channels]. A grayscale image has one channel, and the shape
    must contain it. Without it, each column of the image is a channel: `mean` and `std` would need
    one number for each column, and no layer for images fits.

    ## Example
    ```yaml
    input: {shape: [28, 28]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    shape = view.input.shape
    works_on_steps = any(getattr(one.layer, "dimensions", 0) == 1 for one in view.layers)
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] < SMALLEST_SIDE or works_on_steps:
        return []
    known = view.facts is not None and view.facts.shape is not None
    if known or view.shapes.failure is not None:
        return []  # another rule reports what does not fit
    image = f"[{shape[0]}, {shape[1]}, 1]"
    return [
        report(
            view.span_of("input", "shape"),
            f"a shape of two sizes is a series: {shape[0]} steps of {shape[1]} channels",
            label="[steps, channels]",
            help=(f"write `shape: {image}` for grayscale images",),
            fixes=(view.fix_set(f"write `shape: {image}`", (("input", "shape"), image)),),
        )
    ]
