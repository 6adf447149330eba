"""BNN225."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.language.layer_description import called
from bnnc.specs.layers import LayerSection
from bnnc.specs.layers.augmentation import Augmentation
from bnnc.specs.layers.backbone import Backbone
from bnnc.specs.layers.merging import Concatenate
from bnnc.specs.layers.pooling import Pooling
from bnnc.specs.layers.resizing import UpSampling, ZeroPadding


@rule("BNN225", needs=("layers",))
def backbone_behind_other_layers(view: View, report: Report) -> list[Diagnostic]:
    """A backbone stands behind a layer that leaves no images.

    ## What it does
    Finds a `backbone` behind any layer but random changes of images, `up_sampling2d`,
    `zero_padding2d` and poolings.

    ## Why it is bad
    Its weights were learned from images, and so is what it expects of their values: its preprocessing
    reads the numbers that it gets as pixels from 0 to 1. What a convolution or a normalization gives
    are no pixels. Nothing would fail, and what was learned would be lost.

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
                    view.place(*placed.path, "type"),
                    "a backbone takes images, and layers before it have changed them",
                    label="takes pixels",
                    related=(
                        Label(
                            view.place(*first.path, "type"),
                            f"{called(first.path)} gives something else",
                        ),
                    ),
                    help=("make it the first layer, behind augmentations and up-sampling alone",),
                )
            )
    return found


def _gives_pixels(layer: LayerSection) -> bool:
    """Whether pixels from 0 to 1 are so behind it; branches side by side may repeat a channel."""
    return isinstance(layer, Augmentation | UpSampling | ZeroPadding | Pooling | Concatenate)
