"""BNN250."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.language.layer_description import called
from bnnc.specs.shapes import shape_text


@rule("BNN250", needs=("input.shape",))
def nothing_left_of_a_map(view: View, report: Report) -> list[Diagnostic]:
    """A transposed convolution whose `output_padding` leaves no position of a small map.

    ## What it does
    Follows the shapes through the layers, and finds a transposed convolution without an output.

    ## Why it is bad
    Under `padding: same` an even kernel takes a row away at the ends, and `output_padding: 0` adds
    none: of a map of one row nothing is left. Keras builds such a model, and all that comes after
    has no numbers to learn from.

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
            view.place(*placed.path, failure.error.field),
            "the transposed convolution leaves nothing of its map",
            label="adds too little",
            notes=(f"{called(placed.path)} gets {shape_text(failure.shape)}",),
            help=("delete it: the output is then the input's size times the strides",),
            fixes=(view.deleting(*placed.path, "output_padding"),),
        )
    ]
