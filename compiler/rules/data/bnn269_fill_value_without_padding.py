"""BNN269."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule("BNN269", needs=("data.resize",), severity="warning")
def fill_value_without_padding(view: View, report: Report) -> list[Diagnostic]:
    """`fill_value` has no effect, because the images are not padded.

    ## What it does
    Finds a `data.resize.fill_value` where `pad_to_aspect_ratio` is false.

    ## Why it is bad
    Without padding, images of another aspect ratio are stretched. Somebody who writes a `fill_value`
    expects a border instead.

    ## Example
    ```yaml
    input: {shape: [48, 32, 3]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.001}, batch_size: 32, epochs: 5}
    data: {source: cifar10, resize: {height: 48, width: 32, fill_value: 255}}
    ```

    ## Use instead
    ```yaml
    input: {shape: [48, 32, 3]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.001}, batch_size: 32, epochs: 5}
    data:
      source: cifar10
      resize: {height: 48, width: 32, pad_to_aspect_ratio: true, fill_value: 255}
    ```
    """
    resize = None if view.data is None else view.data.resize
    path = ("data", "resize", "fill_value")
    if resize is None or resize.pad_to_aspect_ratio or not view.is_explicit(*path):
        return []
    return [
        report(
            view.span_of(*path),
            "`fill_value` has no effect, because the images are not padded",
            label="no pixel gets this value",
            help=("write `pad_to_aspect_ratio: true` in `resize`, or delete `fill_value`",),
        )
    ]
