"""BNN225."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.language.layer_description import describe_layer
from bnnc.specs.layers import LayerSection
from bnnc.specs.layers.augmentation import Augmentation
from bnnc.specs.layers.backbone import Backbone
from bnnc.specs.layers.merging import Concatenate
from bnnc.specs.layers.pooling import Pooling
from bnnc.specs.layers.resizing import UpSampling, ZeroPadding


@rule("BNN225", needs=("layers",))
def backbone_behind_other_layers(view: View, report: Report) -> list[Diagnostic]:
    """A backbone comes after a layer whose output is not an image.

    ## What it does
    Finds a `backbone` after any layer except augmentation layers, `up_sampling2d`,
    `zero_padding2d`, pooling layers and concatenations.

    ## Why it is bad
    The weights of a backbone were trained on images, and its preprocessing reads its input as
    pixels from 0 to 1. The output of a convolution or a normalization is not an image. Nothing
    would fail, but the pretrained weights would be useless.

    ## Example
    ```yaml
    input: {shape: [32, 32, 3]}
    layers:
      - {type: conv2d, filters: 3, kernel_size: 3, padding: same, activation: relu}
      - {type: backbone, application: MobileNetV2, weights: none, pooling: avg}
      - {type: dense, units: 10, name: head}
    ```

    ## Use instead
    ```yaml
    input: {shape: [32, 32, 3]}
    layers:
      - {type: random_flip, mode: horizontal}
      - {type: backbone, application: MobileNetV2, weights: none, pooling: avg}
      - {type: dense, units: 10, name: head}
    ```
    """
    found: list[Diagnostic] = []
    first = next((one for one in view.layers if not _gives_pixels(one.layer)), None)
    for placed in view.layers:
        if not isinstance(placed.section, Backbone) or len(placed.path) > 2:
            continue
        if first is not None and first.index < placed.index:
            found.append(
                report(
                    view.span_of(*placed.path, "type"),
                    "a backbone takes images, but the layers before it do not output images",
                    label="takes images",
                    related=(
                        Label(
                            view.span_of(*first.path, "type"),
                            f"the output of {describe_layer(first.path)} is not an image",
                        ),
                    ),
                    help=(
                        "make it the first layer; only augmentation and up-sampling may come before it",
                    ),
                )
            )
    return found


def _gives_pixels(layer: LayerSection) -> bool:
    """Whether its output is an image if its input is one; a concatenation may repeat a channel."""
    return isinstance(layer, Augmentation | UpSampling | ZeroPadding | Pooling | Concatenate)
