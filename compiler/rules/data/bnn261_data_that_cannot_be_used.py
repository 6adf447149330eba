"""BNN261."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.printable import harmless


@rule("BNN261", needs=("data.source",))
def data_that_cannot_be_used(view: View, report: Report) -> list[Diagnostic]:
    """What is at the path of the data is not what bnnc reads.

    ## What it does
    Looks into a `data.source` that is a path, without loading it: which layout it has, whether its
    parts are there, and whether their headers fit each other. It is an error: the path is there,
    and training would refuse it with the same words.

    ## Why it is bad
    Training would end with this sentence, after TensorFlow has started.

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
            view.value("data", "source"),
            f"{quoted(data.source)} cannot be used as data",
            label="training would refuse this",
            notes=(harmless(refused.removesuffix(".")),),
        )
    ]
