"""BNN266."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import counted


@rule("BNN266", needs=("input.shape", "data.resize"))
def resize_to_another_size(view: View, report: Report) -> list[Diagnostic]:
    """The images are resized to a size that the model does not take.

    ## What it does
    Compares `data.resize` with `input.shape`: its first two sizes are the height and the width of
    the images that the model takes.

    ## Why it is bad
    `data.resize` is applied when the images are read, before the model sees them. Training would
    refuse the resized images, after TensorFlow has started. The two values are often exchanged:
    `input.shape` and `data.resize` have the height first, most image programs the width.

    ## Example
    ```yaml
    input: {shape: [32, 48, 3]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.001}, batch_size: 32, epochs: 5}
    data: {source: cifar10, resize: {height: 48, width: 32}}
    ```

    ## Use instead
    ```yaml
    input: {shape: [32, 48, 3]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.001}, batch_size: 32, epochs: 5}
    data: {source: cifar10, resize: {height: 32, width: 48}}
    ```
    """
    resize = None if view.data is None else view.data.resize
    shape = view.input.shape
    if resize is None or (shape[:2] == (resize.height, resize.width) and len(shape) == 3):
        return []
    size = f"{resize.height} × {resize.width}"
    related = (Label(view.span_of("input", "shape"), "the shape that the model takes"),)
    place = view.span_of("data", "resize")
    if len(shape) != 3:
        return [
            report(
                place,
                f"`resize` resizes images, but `input.shape` has {counted(len(shape), 'axis', 'axes')}",
                label=f"gives images of {size} (height × width)",
                related=related,
                help=("delete `resize`: series and volumes are read as they are stored",),
                fixes=(view.fix_delete("data", "resize"),),
            )
        ]
    height, width, channels = shape
    return [
        report(
            place,
            f"the images are resized to {size}, but the model takes {height} × {width}",
            label=f"gives images of {size} (height × width)",
            related=related,
            help=(
                f"write `height: {height}, width: {width}` in `resize`, or "
                f"`shape: [{resize.height}, {resize.width}, {channels}]` in `input`",
            ),
            fixes=(
                view.fix_set(
                    f"write `height: {height}, width: {width}` in `resize`",
                    (("data", "resize", "height"), str(height)),
                    (("data", "resize", "width"), str(width)),
                ),
            ),
        )
    ]
