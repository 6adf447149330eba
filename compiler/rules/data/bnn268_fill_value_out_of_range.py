"""BNN268."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN268", needs=("input.value_range", "data.resize"))
def fill_value_out_of_range(view: View, report: Report) -> list[Diagnostic]:
    """Images are padded with a value that no pixel can have.

    ## What it does
    Compares `data.resize.fill_value` with `input.value_range`, if `pad_to_aspect_ratio` is true.

    ## Why it is bad
    `fill_value` is a raw pixel value, such as 255 for white in images of 8 bits. Training refuses
    pixels out of `value_range`, after TensorFlow has started.

    ## Example
    ```yaml
    input: {shape: [48, 32, 3], value_range: [0, 255]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.001}, batch_size: 32, epochs: 5}
    data:
      source: cifar10
      resize: {height: 48, width: 32, pad_to_aspect_ratio: true, fill_value: -1}
    ```

    ## Use instead
    ```yaml
    input: {shape: [48, 32, 3], value_range: [0, 255]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.001}, batch_size: 32, epochs: 5}
    data:
      source: cifar10
      resize: {height: 48, width: 32, pad_to_aspect_ratio: true, fill_value: 0}
    ```
    """
    resize = None if view.data is None else view.data.resize
    if resize is None or not resize.pad_to_aspect_ratio:
        return []
    first, last = view.input.value_range
    if first <= resize.fill_value <= last or first >= last:  # BNN211 reports an empty range
        return []
    return [
        report(
            view.span_of("data", "resize", "fill_value"),
            f"the images are padded with {resize.fill_value:g}, which is not in `value_range`",
            label="out of the range"
            if view.is_explicit("data", "resize", "fill_value")
            else "`fill_value` is 0 by default",
            related=(
                Label(view.span_of("input", "value_range"), f"[{first:g}, {last:g}] are possible"),
            ),
            help=(f"write a `fill_value` from {first:g} to {last:g}",),
        )
    ]
