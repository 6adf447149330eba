"""BNN227."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.backbone import Backbone


@rule("BNN227", needs=("input.shape",))
def pretrained_backbone_of_other_channels(view: View, report: Report) -> list[Diagnostic]:
    """Weights of ImageNet, or its preprocessing, on images that do not have three channels.

    ## What it does
    Finds a `backbone` with `weights: imagenet`, or with a preprocessing that has a mean for each of
    red, green and blue, on images of another number of channels.

    ## Why it is bad
    The first kernel of such weights is one for three channels, and does not fit. Keras says so when
    the model is built.

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
            why = "its preprocessing has a mean for red, green and blue"
        counted = "1 channel" if channels == 1 else f"{channels:,} channels"
        gray = "put `- {type: parallel, merge: concatenate, branches: [[], [], []]}` before it: "
        found.append(
            report(
                view.place(*step.placed.path, "application"),
                f"the backbone gets {counted}, and its weights are of three",
                label=why,
                related=(Label(view.place("input", "shape"), "the images"),),
                help=(
                    *([gray + "gray three times"] if channels == 1 else []),
                    "write `weights: none` to train it on these images alone",
                ),
            )
        )
    return found
