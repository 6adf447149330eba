"""BNN250."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.language.layer_description import describe_layer
from bnnc.specs.shapes import shape_text


@rule("BNN250", needs=("input.shape",))
def nothing_left_of_a_map(view: View, report: Report) -> list[Diagnostic]:
    """A transposed convolution with an even kernel has too little `output_padding`.

    ## What it does
    Finds a transposed convolution with `padding: same`, an even kernel and `output_padding: 0`.

    ## Why it is bad
    With these values, n rows become (n - 1) × `strides` rows. TensorFlow only computes an output
    that a convolution with the same strides turns back into n rows, and stops with an error in the
    first step. Of a map of one row nothing would be left.

    ## Example
    ```yaml
    layers:
      - {type: max_pooling2d, pool_size: 28}
      - {type: conv2d_transpose, filters: 6, kernel_size: 2, padding: same, output_padding: 0, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: max_pooling2d, pool_size: 28}
      - {type: conv2d_transpose, filters: 6, kernel_size: 2, padding: same, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "no-position-is-left":
        return []
    placed = failure.placed
    return [
        report(
            view.span_of(*placed.path, failure.error.field),
            "an even kernel needs more `output_padding` under `padding: same`",
            label="loses a row for each stride",
            notes=(
                f"{describe_layer(placed.path)} has the input shape {shape_text(failure.shape)}",
            ),
            help=(
                "delete `output_padding`: the size of the output is then the size of the input times the strides",
            ),
            fixes=(view.fix_delete(*placed.path, "output_padding"),),
        )
    ]
