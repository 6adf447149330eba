"""BNN251."""

from bnnc.compiler.analysis.channels_first import advice, channels_last, writing_channels_last
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix, Label
from bnnc.compiler.language.layer_description import describe_layer
from bnnc.specs.shapes import shape_text


@rule("BNN251", needs=("input.shape",))
def crop_larger_than_input(view: View, report: Report) -> list[Diagnostic]:
    """The window of a `random_crop` is larger than the images.

    ## What it does
    Compares height and width of the window with those of the layer's input.

    ## Why it is bad
    There is no such window. Keras enlarges the images instead, always in the same way: nothing is
    random any more, and there is no warning. The recipe of the CIFAR papers pads an image with four
    pixels of zeros and crops a window of the old size. In bnnc, the padding is a separate layer.

    ## Example
    ```yaml
    input: {shape: [32, 32, 3]}
    layers:
      - {type: random_crop, height: 36, width: 36}
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    input: {shape: [32, 32, 3]}
    layers:
      - {type: zero_padding2d, padding: 4}
      - {type: random_crop, height: 32, width: 32}
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## References
    He et al. 2016, arXiv:1512.03385, section 4.2: padding, crop and flip of CIFAR's images.
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "crop-larger-than-input":
        return []
    placed = failure.placed
    height, width, _ = failure.shape
    window = "×".join(map(str, failure.error.window))
    earlier = () if placed.index else (Label(view.span_of("input", "shape"), "the images"),)
    help: tuple[str, ...] = (
        f"write at most `height: {height}, width: {width}`",
        f"or put a `zero_padding2d` before it, and write `height: {height}, width: {width}`",
    )
    fixes: tuple[Fix, ...] = ()
    meant = channels_last(view)
    if meant is not None and view.shapes_of(meant).failure is None:
        help, fixes = (advice(meant), *help), writing_channels_last(view, meant)
    return [
        report(
            view.span_of(*placed.path, failure.error.field),
            f"cannot crop a window of {window} from an image of {height}×{width}",
            label=f"larger than the image's {failure.error.field} of {height if failure.error.field == 'height' else width}",
            related=earlier,
            notes=(
                f"{describe_layer(placed.path)} has the input shape {shape_text(failure.shape)}",
            ),
            help=help,
            fixes=fixes,
        )
    ]
