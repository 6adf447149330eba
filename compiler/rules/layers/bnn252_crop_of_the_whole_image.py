"""BNN252."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.language.layer_description import describe_layer
from bnnc.specs.layers.augmentation import RandomCrop
from bnnc.specs.shapes import shape_text


@rule("BNN252", needs=("input.shape",), severity="warning")
def crop_of_the_whole_image(view: View, report: Report) -> list[Diagnostic]:
    """The window of a `random_crop` is the whole image, so the layer does nothing.

    ## What it does
    Compares height and width of the window with those of the layer's input.

    ## Why it is bad
    The layer does nothing. In other libraries a crop can also pad, such as torchvision's
    `RandomCrop(32, padding=4)`. In bnnc, the padding is a separate layer; without it, the model is
    trained without the intended augmentation.

    ## Example
    ```yaml
    input: {shape: [32, 32, 3]}
    layers:
      - {type: random_crop, height: 32, width: 32}
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
    """
    return [
        report(
            view.span_of(*step.placed.path, "type"),
            "a random crop of the whole image does nothing",
            label="has only one possible position",
            notes=(
                f"{describe_layer(step.placed.path)} has the input shape {shape_text(step.input)}",
            ),
            help=(
                "put `- {type: zero_padding2d, padding: 4}` before it; or write a smaller window; "
                "or delete the layer",
            ),
        )
        for step in view.shapes.steps
        if isinstance(step.layer, RandomCrop) and step.input == step.output
    ]
