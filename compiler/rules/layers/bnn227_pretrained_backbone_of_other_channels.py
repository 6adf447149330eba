"""BNN227."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.backbone import Backbone


@rule("BNN227", needs=("input.shape",))
def pretrained_backbone_of_other_channels(view: View, report: Report) -> list[Diagnostic]:
    """ImageNet weights or ImageNet preprocessing need images with three channels.

    ## What it does
    Finds a `backbone` on images that do not have three channels, if it has `weights: imagenet` or a
    preprocessing that subtracts a mean for each of red, green and blue.

    ## Why it is bad
    The first kernel of ImageNet weights has three input channels, so the weights do not fit. Keras
    only reports this when it builds the model.

    ## Example
    ```yaml
    input: {shape: [32, 32, 1]}
    layers:
      - {type: backbone, application: MobileNetV2, trainable: false, pooling: avg}
      - {type: dense, units: 10, name: head}
    ```

    ## Use instead
    ```yaml
    input: {shape: [32, 32, 1]}
    layers:
      - {type: parallel, merge: concatenate, branches: [[], [], []]}
      - {type: backbone, application: MobileNetV2, trainable: false, pooling: avg}
      - {type: dense, units: 10, name: head}
    ```
    """
    found: list[Diagnostic] = []
    for step in view.shapes.steps:
        layer, channels = step.layer, step.input[-1]
        if not isinstance(layer, Backbone) or channels == 3:
            continue
        of_three = layer.preprocesses and layer.known.preprocessing in {"caffe", "torch"}
        if layer.weights != "imagenet" and not of_three:
            continue
        why = "its first kernel reads red, green and blue"
        if layer.weights != "imagenet":
            why = "its preprocessing has means for red, green and blue"
        counted = "1 channel" if channels == 1 else f"{channels:,} channels"
        gray = "put `- {type: parallel, merge: concatenate, branches: [[], [], []]}` before it: "
        found.append(
            report(
                view.span_of(*step.placed.path, "application"),
                f"the backbone receives {counted}, but needs three",
                label=why,
                related=(Label(view.span_of("input", "shape"), "the images"),),
                help=(
                    *([gray + "it repeats the gray channel three times"] if channels == 1 else []),
                    f"{'or ' * (channels == 1)}write `weights: none` to train it on these images only",
                ),
            )
        )
    return found
