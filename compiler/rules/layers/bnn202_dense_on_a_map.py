"""BNN202."""

from math import prod

from bnnc.compiler.analysis.channels_first import advice, channels_last
from bnnc.compiler.analysis.dimensions import global_average_pooling
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule("BNN202", needs=("input.shape",))
def dense_on_a_map(view: View, report: Report) -> list[Diagnostic]:
    """A dense layer receives a map that is not flattened.

    ## What it does
    Finds dense layers whose input still has height and width.

    ## Why it is bad
    Keras applies such a layer to each position separately, as a 1×1 convolution. The output keeps
    its height and width. The loss then broadcasts the labels over the positions, or fails far from
    the cause.

    ## Example
    ```yaml
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "needs-a-row":
        return []
    shape = ", ".join(str(size) for size in failure.shape)
    meant = channels_last(view)
    return [
        report(
            view.span_of(*failure.placed.path, "type"),
            "a dense layer receives a map that is not flattened",
            label=f"the input shape is [{shape}]",
            notes=(
                "on a map, Keras's `Dense` works as a 1×1 convolution: its output keeps height and width",
            ),
            help=(
                f"put `- {{type: flatten}}` before it ({prod(failure.shape):,} features), or "
                f"`- {{type: {global_average_pooling(failure.shape)}}}` ({failure.shape[-1]:,} features)",
                *([advice(meant)] if meant else []),
            ),
        )
    ]
