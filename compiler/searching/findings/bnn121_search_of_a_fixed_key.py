"""BNN121."""

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.text.source import Span


@finding("BNN121")
def search_of_a_fixed_key(report: Report, span: Span, path: str, reason: str) -> Diagnostic:
    """A search varies a key that decides which rows the trials are compared on.

    ## What it does
    Reports parameters that name the data, its split, or the seed of the training, which chooses the
    rows that are held out. It also reports keys that name the spec and not the model.

    ## Why it is bad
    Trials are compared by figures on the validation rows. If these rows differ from trial to trial,
    the search finds the easiest rows, not the best model.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    data: {source: fashion-mnist, validation_split: 0.1}
    ```

    ```yaml
    # search.yaml
    space:
      data.validation_split: {low: 0.1, high: 0.5}
      training.seed: {choices: [0, 1, 2]}
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
        f"a search cannot vary {quoted(path)}",
        label="the same for all trials",
        notes=(reason,),
        help=("delete it, and write its value into the spec",),
    )
