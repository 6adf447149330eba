"""BNN229."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.backbone import Backbone


@rule("BNN229", needs=("layers",), severity="warning")
def frozen_backbone_of_random_weights(view: View, report: Report) -> list[Diagnostic]:
    """A backbone has random weights that are never trained.

    ## What it does
    Finds a `backbone` with `weights: none` and `trainable: false`.

    ## Why it is bad
    Its features are random functions of the image. They separate the classes far worse than learned
    features, and no training changes that.

    ## Example
    ```yaml
    input: {shape: [32, 32, 3]}
    layers:
      - {type: backbone, application: MobileNetV2, weights: none, trainable: false, pooling: avg}
      - {type: dense, units: 10, name: head}
    ```

    ## Use instead
    ```yaml
    input: {shape: [32, 32, 3]}
    layers:
      - {type: backbone, application: MobileNetV2, weights: imagenet, trainable: false, pooling: avg}
      - {type: dense, units: 10, name: head}
    ```
    """
    return [
        report(
            view.span_of(*path, "trainable"),
            "the backbone has random weights that are never trained",
            label="keeps the weights fixed",
            related=(Label(view.span_of(*path, "weights"), "initialises the weights at random"),),
            help=("write `weights: imagenet`, or a file of weights; or delete `trainable: false`",),
            fixes=(view.fix_delete(*path, "trainable"),),
        )
        for path, layer in view.written_layers
        if isinstance(layer, Backbone) and not layer.is_pretrained and not layer.trainable
    ]
