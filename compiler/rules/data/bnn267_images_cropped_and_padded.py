"""BNN267."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN267", needs=("data.resize",))
def images_cropped_and_padded(view: View, report: Report) -> list[Diagnostic]:
    """`resize` both crops and pads the images.

    ## What it does
    Finds `crop_to_aspect_ratio: true` next to `pad_to_aspect_ratio: true`.

    ## Why it is bad
    Both keep the aspect ratio of what is in the image, in opposite ways: one cuts off what is too
    long, the other fills up what is too short. `keras.layers.Resizing` refuses them together, too.

    ## Example
    ```yaml
    input: {shape: [48, 32, 3]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.001}, batch_size: 32, epochs: 5}
    data:
      source: cifar10
      resize: {height: 48, width: 32, crop_to_aspect_ratio: true, pad_to_aspect_ratio: true}
    ```

    ## Use instead
    ```yaml
    input: {shape: [48, 32, 3]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.001}, batch_size: 32, epochs: 5}
    data:
      source: cifar10
      resize: {height: 48, width: 32, crop_to_aspect_ratio: true}
    ```
    """
    resize = None if view.data is None else view.data.resize
    if resize is None or not (resize.crop_to_aspect_ratio and resize.pad_to_aspect_ratio):
        return []
    return [
        report(
            view.span_of("data", "resize", "pad_to_aspect_ratio"),
            "`resize` both crops and pads the images",
            label="pads what is too short",
            related=(
                Label(
                    view.span_of("data", "resize", "crop_to_aspect_ratio"), "crops what is too long"
                ),
            ),
            help=(
                "delete one of them: cropping loses the border, padding adds a border of "
                "`fill_value`",
            ),
        )
    ]
