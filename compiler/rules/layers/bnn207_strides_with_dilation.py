"""BNN207."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.convolution import Convolution


@rule("BNN207", needs=())
def strides_with_dilation(view: View, report: Report) -> list[Diagnostic]:
    """A convolution has both strides and dilation.

    ## What it does
    Finds convolutions whose `strides` and `dilation_rate` are both greater than 1.

    ## Why it is bad
    TensorFlow does not support such a convolution, and Keras refuses to build it.

    ## Example
    ```yaml
    layers:
      - {type: conv2d, filters: 6, kernel_size: 3, strides: 2, dilation_rate: 2, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 6, kernel_size: 3, dilation_rate: 2, activation: relu}
      - {type: max_pooling2d}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    found: list[Diagnostic] = []
    for placed in view.layers:
        layer = placed.section
        if not isinstance(layer, Convolution):
            continue
        if max(layer.sizes("strides")) > 1 and max(layer.sizes("dilation_rate")) > 1:
            found.append(
                report(
                    view.span_of(*placed.path, "dilation_rate"),
                    "a convolution cannot have both strides and dilation",
                    label="spaces out the kernel",
                    related=(Label(view.span_of(*placed.path, "strides"), "skips positions"),),
                    notes=("Keras refuses to build such a layer",),
                    help=(
                        f"delete `strides` and put `- {_pooling(layer)}` after the layer, or "
                        "delete `dilation_rate`",
                    ),
                )
            )
    return found


def _pooling(layer: Convolution) -> str:
    """The pooling layer that reduces a map as much as the strides of the layer."""
    steps = list(layer.sizes("strides"))
    size = steps[0] if len(set(steps)) == 1 else steps
    return f"{{type: max_pooling{layer.dimensions}d, pool_size: {size}}}"
