"""BNN216."""

from math import prod

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.language.layer_description import describe_layer
from bnnc.specs.layers.reshaping import Reshape
from bnnc.specs.shapes import shape_text


@rule("BNN216", needs=("input.shape",))
def sizes_do_not_multiply(view: View, report: Report) -> list[Diagnostic]:
    """`target_shape` does not have as many elements as the input of the layer.

    ## What it does
    Multiplies the sizes of `target_shape`, and compares the product with the number of elements of
    the input. One size may be -1: it is computed from the others.

    ## Why it is bad
    A reshape cannot add or drop numbers. Keras refuses to build such a layer.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1]}
    layers:
      - {type: reshape, target_shape: [8, 1]}
      - {type: conv1d, filters: 6, kernel_size: 3, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1]}
    layers:
      - {type: reshape, target_shape: [8, 8]}
      - {type: conv1d, filters: 6, kernel_size: 3, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "sizes-do-not-multiply":
        return []
    placed, layer = failure.placed, failure.placed.layer
    assert isinstance(layer, Reshape)
    count = prod(failure.shape)
    sizes = layer.target_shape
    known = prod(size for size in sizes if size != -1)
    if sizes.count(-1) > 1:
        label, help = "-1 more than once", "write -1 only once, and a number for every other size"
    elif 0 in sizes:
        label, help = (
            "a size of 0",
            "write a size of at least 1, or -1 for a size that is computed from the others",
        )
    else:
        held = f"{known:,} numbers" if -1 not in sizes else f"a multiple of {known:,}"
        label, help = held, f"write sizes whose product is {count:,}, or -1 for one of them"
    return [
        report(
            view.span_of(*placed.path, "target_shape"),
            f"{count:,} numbers cannot be reshaped to {shape_text(tuple(sizes))}",
            label=label,
            notes=(
                f"{describe_layer(placed.path)} has the input shape {shape_text(failure.shape)}",
            ),
            help=(help,),
        )
    ]
