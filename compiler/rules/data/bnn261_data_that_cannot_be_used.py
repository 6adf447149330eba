"""BNN261."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.printable import harmless


@rule("BNN261", needs=("data.source",))
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
    refused, data = view.found.refused, view.data
    if refused is None or data is None:
        return []
    return [
        report(
            view.value_span("data", "source"),
            f"{quoted(data.source)} cannot be used as data",
            label="training would refuse this data",
            notes=(harmless(refused.removesuffix(".")),),
        )
    ]
