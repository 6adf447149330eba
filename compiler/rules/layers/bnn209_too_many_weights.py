"""BNN209."""

from math import prod

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

# TensorFlow's kernels index a tensor with 32 bits in places, so none may have more elements.
MOST_ELEMENTS = 2**31 - 1


@rule("BNN209", needs=("input.shape",))
def too_many_weights(view: View, report: Report) -> list[Diagnostic]:
    """A layer's kernel or its output for one image is larger than a tensor can be.

    ## What it does
    Computes the number of elements, and compares it with 2,147,483,647, the largest tensor that
    TensorFlow's 32-bit kernels can index.

    ## Why it is bad
    Such a layer uses up all memory before it fails, and may crash the machine. The usual cause is a
    dense layer right after flattening a large map.

    ## Example
    ```yaml
    input: {shape: [2048, 2048, 3]}
    layers:
      - {type: flatten}
      - {type: dense, units: 512, activation: relu}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    input: {shape: [2048, 2048, 3]}
    layers:
      - {type: conv2d, filters: 32, kernel_size: 7, strides: 4, activation: relu}
      - {type: global_average_pooling2d}
      - {type: dense, units: 512, activation: relu}
      - {type: dense, units: 10}
    training: {batch_size: 4}
    ```
    """
    found: list[Diagnostic] = []
    for step in view.shapes.steps:
        weights = max(map(prod, step.layer.weight_shapes(step.input).values()), default=0)
        size, what = max((weights, "weights"), (prod(step.output), "outputs for one image"))
        if size > MOST_ELEMENTS:
            found.append(
                report(
                    view.span_of(*step.placed.path),
                    f"`{step.layer.type}` has {size:,} {what}, more than a tensor can hold",
                    label=f"the input shape is [{', '.join(str(one) for one in step.input)}]",
                    notes=(f"TensorFlow's kernels index at most {MOST_ELEMENTS:,} elements",),
                    help=(
                        "use more pooling or larger strides before it; a global average pooling "
                        "instead of `flatten` leaves one feature for each channel",
                    ),
                )
            )
    return found
