"""BNN205."""

from bnnc.compiler.analysis.dimensions import global_average_pooling
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule("BNN205", needs=("input.shape", "layers"))
def output_is_a_map(view: View, report: Report) -> list[Diagnostic]:
    """The last layer outputs a map instead of one row for each image.

    ## What it does
    Finds models whose last layer still has height and width.

    ## Why it is bad
    The output distribution takes one row of parameters for each image. On a map, the loss would
    score every position against the one label of the image.

    ## Example
    ```yaml
    layers:
      - {type: conv2d, filters: 10, kernel_size: 5}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 10, kernel_size: 5}
      - {type: global_average_pooling2d}
    ```
    """
    shape = view.shapes.output
    if shape is None or len(shape) == 1:
        return []
    written = ", ".join(str(size) for size in shape)
    units = view.output.width if view.has("output") else 10
    return [
        report(
            view.span_of(*view.layers[-1].path, "type"),
            "the last layer outputs a map, but the output distribution takes one row for each image",
            label=f"the output shape is [{written}]",
            help=(
                f"end with `- {{type: flatten}}` and `- {{type: dense, units: {units}}}`, "
                f"or with `- {{type: {global_average_pooling(shape)}}}`",
            ),
        )
    ]
