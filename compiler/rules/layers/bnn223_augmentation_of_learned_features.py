"""BNN223."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.augmentation import Augmentation
from bnnc.specs.placement import kernels_above


@rule("BNN223", needs=("layers",), severity="warning")
def augmentation_of_learned_features(view: View, report: Report) -> list[Diagnostic]:
    """An augmentation layer comes after a layer with weights.

    ## What it does
    Finds augmentation layers such as `random_flip` and `random_translation` after a layer that has
    a kernel.

    ## Why it is bad
    Augmentation uses the knowledge that a shifted or mirrored image has the same label. This holds
    for images, but not for features that a layer has computed. The feature maps of a flipped image
    are not the flipped feature maps of the image, unless every kernel is symmetric. The following
    layers would be trained on features that no image produces.

    ## Example
    ```yaml
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: random_flip, mode: horizontal}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: random_flip, mode: horizontal}
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    above = kernels_above(view.layers)
    found: list[Diagnostic] = []
    for placed in view.layers:
        if not isinstance(placed.section, Augmentation):
            continue
        learned = above.get(placed.index)
        if learned is not None:
            found.append(
                report(
                    view.span_of(*placed.path, "type"),
                    f"`{placed.section.type}` augments learned features instead of images",
                    label="augments images",
                    related=(Label(view.span_of(*learned.path, "type"), "has weights"),),
                    help=("move it before the first layer with weights",),
                )
            )
    return found
