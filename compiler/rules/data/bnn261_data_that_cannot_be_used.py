"""BNN261."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix, Label
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.printable import harmless


@rule("BNN261", needs=("data",))
def data_that_cannot_be_used(view: View, report: Report) -> list[Diagnostic]:
    """The data at the path has a format that bnnc cannot read.

    ## What it does
    Looks at a `data.source` that is a path, without loading the data: its layout, whether all parts
    exist, and whether their headers match each other. The finding is an error, because training
    would refuse the data with the same message.

    ## Why it is bad
    Training would fail with this message, after TensorFlow has started.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    data: {source: labels.json}
    ```

    ```yaml
    # labels.json
    - {file: 0001.png, label: 3}
    - {file: 0002.png, label: 7}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.001}, batch_size: 32, epochs: 5}
    data: {source: mnist}
    ```
    """
    found, data = view.found, view.data
    refused = found.refused
    if refused is None or data is None:
        return []
    at_source = found.refused_at == ("data", "source")
    help, fixes = _resizing(view) if found.sizes_differ else ((), ())
    return [
        report(
            view.value_span("data", "source") if at_source else view.span_of(*found.refused_at),
            f"{quoted(data.source)} cannot be used as data"
            if at_source
            else f"`{found.refused_at[-1]}` does not fit {quoted(data.source)}",
            label="training would refuse this data",
            related=() if at_source else (Label(view.span_of("data", "source"), "the data"),),
            notes=(harmless(refused.removesuffix(".")),),
            help=help,
            fixes=fixes,
        )
    ]


def _resizing(view: View) -> tuple[tuple[str, ...], tuple[Fix, ...]]:
    """Help and fix for images of several sizes: those that the model takes."""
    if not view.has("input.shape") or len(view.input.shape) != 3:
        return (), ()
    height, width, _ = view.input.shape
    resize = f"{{height: {height}, width: {width}}}"
    said = f"write `resize: {resize}` into `data`"
    return (
        (
            f"{said}; `crop_to_aspect_ratio: true` or `pad_to_aspect_ratio: true` keep the shapes of things",
        ),
        (view.fix_set(said, (("data", "resize"), resize)),),
    )
