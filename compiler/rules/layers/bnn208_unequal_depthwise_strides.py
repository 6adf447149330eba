"""BNN208."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.layers.depthwise_convolution import DepthwiseConv2D


@rule("BNN208", needs=())
def unequal_depthwise_strides(view: View, report: Report) -> list[Diagnostic]:
    """A depthwise convolution has different strides along height and width.

    ## What it does
    Finds `depthwise_conv2d` layers with two different strides.

    ## Why it is bad
    TensorFlow's depthwise convolution only supports one stride for both directions. Keras builds
    the layer, but the first batch fails.

    ## Example
    ```yaml
    input: {shape: [28, 28, 3]}
    layers:
      - {type: depthwise_conv2d, kernel_size: 3, strides: [1, 2]}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    input: {shape: [28, 28, 3]}
    layers:
      - {type: depthwise_conv2d, kernel_size: 3}
      - {type: max_pooling2d, pool_size: [1, 2]}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    return [
        report(
            view.span_of(*placed.path, "strides"),
            "a depthwise convolution needs the same stride along height and width",
            label="two different strides",
            notes=("TensorFlow's depthwise convolution takes one stride for both directions",),
            help=(
                f"write `strides: {min(layer.sizes('strides'))}`, and add a pooling after the layer if one "
                "direction needs a larger stride",
            ),
        )
        for placed in view.layers
        if isinstance(layer := placed.section, DepthwiseConv2D)
        and len(set(layer.sizes("strides"))) > 1
    ]
