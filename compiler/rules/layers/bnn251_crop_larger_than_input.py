"""BNN251."""

from bnnc.compiler.analysis.channels_first import advice, channels_last, writing_channels_last
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix, Label
from bnnc.compiler.language.layer_description import called
from bnnc.specs.shapes import shape_text


@rule("BNN251", needs=("input.shape",))
def crop_larger_than_input(view: View, report: Report) -> list[Diagnostic]:
    """A `random_crop` that is larger than the images that it is cut out of.

    ## What it does
    Compares height and width of the window with those of what the layer gets.

    ## Why it is bad
    There is no such window. Keras enlarges the images instead, all the same way: nothing in them
    is random any more, and nothing says so. The recipe of the CIFAR papers, four pixels of zeros
    around an image and a window of its old size, has the padding as a layer of its own.

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
    earlier = () if placed.index else (Label(view.place("input", "shape"), "the images"),)
    help: tuple[str, ...] = (
        f"write at most `height: {height}, width: {width}`",
        f"or put a `zero_padding2d` before it, and write `height: {height}, width: {width}` behind it",
    )
    fixes: tuple[Fix, ...] = ()
    meant = channels_last(view)
    if meant is not None and view.shapes_of(meant).failure is None:
        help, fixes = (advice(meant), *help), writing_channels_last(view, meant)
    return [
        report(
            view.place(*placed.path, failure.error.field),
            f"a window of {window} cannot be cut out of an image of {height}×{width}",
            label=f"more than the image's {height if failure.error.field == 'height' else width}",
            related=earlier,
            notes=(f"{called(placed.path)} gets {shape_text(failure.shape)}",),
            help=help,
            fixes=fixes,
        )
    ]
