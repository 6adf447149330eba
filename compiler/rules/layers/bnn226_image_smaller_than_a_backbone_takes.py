"""BNN226."""

from bnnc.compiler.analysis.channels_first import advice, channels_last, writing_channels_last
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix, Label
from bnnc.specs.layers.backbone import Backbone
from bnnc.specs.shapes import shape_text


@rule("BNN226", needs=("input.shape",))
def image_smaller_than_a_backbone_takes(view: View, report: Report) -> list[Diagnostic]:
    """The images are smaller than the backbone supports.

    ## What it does
    Compares height and width of the backbone's input with the minimum of Keras: 32 for most
    applications, 71 for Xception, 75 for the Inception models.

    ## Why it is bad
    Such a model halves its feature maps about five times, so a smaller image has no positions left.
    Keras only reports this when it builds the model.

    ## Example
    ```yaml
    layers:
      - {type: backbone, application: MobileNetV2, weights: none, pooling: avg}
      - {type: dense, units: 10, name: head}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: up_sampling2d, size: 2}
      - {type: backbone, application: MobileNetV2, weights: none, pooling: avg}
      - {type: dense, units: 10, name: head}
    ```
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "image-too-small":
        return []
    placed, layer = failure.placed, failure.placed.layer
    assert isinstance(layer, Backbone)
    least = layer.known.least
    height, width = failure.shape[:2]
    times = -(-least // min(height, width))
    help: tuple[str, ...] = (
        f"put `- {{type: up_sampling2d, size: {times}}}` before it, which gives images of "
        f"{height * times}×{width * times}",
        f"or `zero_padding2d`, to make images of at least {least}×{least}",
    )
    fixes: tuple[Fix, ...] = ()
    meant = channels_last(view)
    if meant is not None and view.shapes_of(meant).failure is None:
        help, fixes = (advice(meant), *help), writing_channels_last(view, meant)
    return [
        report(
            view.span_of(*placed.path, "application"),
            f"an image of {height}×{width} is too small for {layer.application}, which needs at least "
            f"{least}×{least}",
            label=f"the input shape is {shape_text(failure.shape)}",
            related=(Label(view.span_of("input", "shape"), "the images"),),
            help=help,
            fixes=fixes,
        )
    ]
