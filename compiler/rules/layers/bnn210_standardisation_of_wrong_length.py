"""BNN210."""

from bnnc.compiler.analysis.channels_first import advice, channels_last, writing_channels_last
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN210", needs=("input.shape", "input.mean", "input.std"))
def standardisation_of_wrong_length(view: View, report: Report) -> list[Diagnostic]:
    """`mean` or `std` does not have one number for each channel.

    ## What it does
    Compares the lengths of `input.mean` and `input.std` with the channels of `input.shape`.

    ## Why it is bad
    A list of another length either fails far from the cause, or is broadcast along the wrong axis
    if the width of the image happens to be equal.

    ## Example
    ```yaml
    input: {shape: [32, 32, 3], mean: [0.49, 0.48], std: 0.25}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    input: {shape: [32, 32, 3], mean: [0.49, 0.48, 0.45], std: 0.25}
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    channels = view.input.shape[-1]
    meant = channels_last(view)
    return [
        report(
            view.span_of("input", name),
            f"`{name}` has {len(values)} numbers, but the images have "
            + ("1 channel" if channels == 1 else f"{channels} channels"),
            label=f"{len(values)} numbers",
            related=(Label(view.span_of("input", "shape"), f"channels: {channels}"),),
            help=(advice(meant),)
            if meant and len(values) == meant[2]
            else (
                f"write `{name}: {values[0]:g}`, one number for all channels, or a list with one number for each channel",
            ),
            fixes=writing_channels_last(view, meant) if meant and len(values) == meant[2] else (),
        )
        for name, values in (("mean", view.input.mean), ("std", view.input.std))
        if isinstance(values, list) and len(values) != channels
    ]
