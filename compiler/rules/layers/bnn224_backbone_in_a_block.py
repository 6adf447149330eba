"""BNN224."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.backbone import Backbone


@rule("BNN224", needs=("layers",))
def backbone_in_a_block(view: View, report: Report) -> list[Diagnostic]:
    """A backbone is inside a block.

    ## What it does
    Finds a `backbone` in `residual`, `repeat` or `parallel`.

    ## Why it is bad
    A backbone takes images. Inside `repeat` it would receive its own features; in a branch of
    `parallel` it would be a second model.

    ## Example
    ```yaml
    input: {shape: [32, 32, 3]}
    layers:
      - type: repeat
        times: 1
        body:
          - {type: backbone, application: MobileNetV2, weights: none, pooling: avg}
      - {type: dense, units: 10, name: head}
    ```

    ## Use instead
    ```yaml
    input: {shape: [32, 32, 3]}
    layers:
      - {type: backbone, application: MobileNetV2, weights: none, pooling: avg}
      - {type: dense, units: 10, name: head}
    ```
    """
    return [
        report(
            view.span_of(*path, "type"),
            "a backbone cannot be inside a block, because it takes images",
            label="inside a block",
            related=(Label(view.span_of(*path[:2], "type"), "the block"),),
            help=("move it to the top level of `layers`, before all layers with weights",),
        )
        for path, layer in view.written_layers
        if isinstance(layer, Backbone) and len(path) > 2
    ]
