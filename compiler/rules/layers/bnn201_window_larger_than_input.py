"""BNN201."""

from bnnc.compiler.analysis.channels_first import advice, channels_last, writing_channels_last
from bnnc.compiler.analysis.dimensions import describe_shape
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix, Label
from bnnc.compiler.language.layer_description import describe_layer
from bnnc.specs.section import broadcast_size
from bnnc.specs.shapes import axes_text, shape_text


@rule("BNN201", needs=("input.shape",))
def window_larger_than_input(view: View, report: Report) -> list[Diagnostic]:
    """A convolution or pooling window is larger than the map.

    ## What it does
    Computes the shape of every layer's output, and finds a window that does not fit into its input.

    ## Why it is bad
    With `padding: valid` such a layer has no output. Keras only reports this when it builds the
    model.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1]}
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: max_pooling2d}
      - {type: conv2d, filters: 16, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1]}
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, padding: same, activation: relu}
      - {type: max_pooling2d}
      - {type: conv2d, filters: 16, kernel_size: 3, padding: same, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "window-larger-than-input":
        return []
    window = "×".join(map(str, failure.error.window))
    size = "×".join(map(str, failure.shape[:-1]))
    placed = failure.placed
    fewer = "; or reduce the map less in the layers before it" if placed.index else ""
    earlier = () if placed.index else (Label(view.span_of("input", "shape"), "the images"),)
    dilation = getattr(placed.section, "dilation_rate", 1)
    dilated = ", with its dilation" if broadcast_size(dilation, 3) != (1, 1, 1) else ""
    help: tuple[str, ...] = ("write `padding: same`, or a smaller window" + fewer,)
    fixes: tuple[Fix, ...] = ()
    meant = channels_last(view)
    if meant is not None and view.shapes_of(meant).failure is None:
        help = (advice(meant), f"or {help[0]}")
        fixes = writing_channels_last(view, meant)
    return [
        report(
            view.span_of(*placed.path, failure.error.field),
            f"a window of {window} does not fit into {describe_shape(failure.shape)} of {size}",
            label=f"{window}{dilated}",
            related=earlier,
            notes=(
                f"{describe_layer(placed.path)} has the input shape {shape_text(failure.shape)}, in the order "
                f"{axes_text(len(failure.shape))}",
            ),
            help=help,
            fixes=fixes,
        )
    ]
