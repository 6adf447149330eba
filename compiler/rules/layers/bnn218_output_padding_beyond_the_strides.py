"""BNN218."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.layers.transposed_convolution import Conv2DTranspose
from bnnc.specs.section import broadcast_size


@rule("BNN218", needs=())
def output_padding_beyond_the_strides(view: View, report: Report) -> list[Diagnostic]:
    """`output_padding` of a transposed convolution is not smaller than its strides.

    ## What it does
    Compares `output_padding` with `strides` in each direction.

    ## Why it is bad
    A convolution with strides of 2 maps two input sizes to the same output size. `output_padding`
    selects which of the two sizes the transposed convolution restores, so with strides of 2 it is 0
    or 1. Keras refuses a larger value.

    ## Example
    ```yaml
    layers:
      - {type: conv2d_transpose, filters: 6, kernel_size: 3, strides: 2, output_padding: 2, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d_transpose, filters: 6, kernel_size: 3, strides: 2, output_padding: 1, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    found: list[Diagnostic] = []
    for placed in view.layers:
        layer = placed.section
        if not isinstance(layer, Conv2DTranspose) or layer.output_padding is None:
            continue
        pairs = zip(broadcast_size(layer.output_padding, 2), layer.sizes("strides"), strict=True)
        if all(added < stride for added, stride in pairs):
            continue
        smallest = min(layer.sizes("strides")) - 1
        found.append(
            report(
                view.span_of(*placed.path, "output_padding"),
                "`output_padding` must be smaller than `strides`",
                label=f"`strides` is {layer.strides}",
                help=(f"write `output_padding: {smallest}`, or delete it",),
                fixes=(view.fix_delete(*placed.path, "output_padding"),),
            )
        )
    return found
