"""BNN223."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.augmentation import Augmentation
from bnnc.specs.placement import kernels_above


@rule("BNN223", needs=("layers",), severity="warning")
def augmentation_of_learned_features(view: View, report: Report) -> list[Diagnostic]:
    """A random change of images stands behind a layer with weights.

    ## What it does
    Finds `random_flip`, `random_translation` and their like behind a layer that has a kernel.

    ## Why it is bad
    Augmentation says that a moved or mirrored image shows the same: something known of images,
    which a model is taught so without more of them. Of the features that a layer has computed it
    is not known. Feature maps of a flipped image are not the flipped maps of the image, unless
    every kernel is symmetric, so the layers behind are trained on what no image gives.

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
                    view.place(*placed.path, "type"),
                    f"`{placed.section.type}` changes features that a layer has learned",
                    label="for images as they come",
                    related=(Label(view.place(*learned.path, "type"), "has weights"),),
                    help=("move it before the first layer with weights",),
                )
            )
    return found
