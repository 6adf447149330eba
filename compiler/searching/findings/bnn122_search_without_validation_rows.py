"""BNN122."""

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN122")
def search_without_validation_rows(report: Report, span: Span, help: str) -> Diagnostic:
    """A search has no validation rows to compare its trials on.

    ## What it does
    Reports specs that hold out no rows, where the data has no validation rows of its own.

    ## Why it is bad
    A search never looks at the test rows: the best of many trials on the test rows is better there
    than on new data. And on the rows that it was trained on, the model that memorises them is best.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    data: {source: fashion-mnist}
    ```

    ```yaml
    # search.yaml
    space:
      training.batch_size: {choices: [32, 64, 128]}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    data: {source: fashion-mnist, validation_split: 0.1}
    ```

    ```yaml
    # search.yaml
    space:
      training.batch_size: {choices: [32, 64, 128]}
    ```
    """
    return report(
        span,
        "a search needs validation rows, and the spec holds out none",
        label="no rows to compare trials on",
        notes=("a search never looks at the test rows",),
        help=(help,),
    )
