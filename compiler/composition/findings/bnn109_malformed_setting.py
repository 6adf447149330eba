"""BNN109."""

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN109")
def malformed_setting(
    report: Report, span: Span, message: str, *, label: str, help: str
) -> Diagnostic:
    """An override does not have the form `PATH=VALUE`.

    ## What it does
    Reads the overrides of `--set`, or of `set=` in Python. An override is a path of keys with dots
    between them, an index in brackets or the name of a layer, then `=`, and then a value as in a
    spec.

    ## Why it is bad
    If bnnc ignored the override, it would train another model than you expect.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ```sh
    bnnc check example.yaml --set loss.kl.temperature:0.5
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    bayesian: {method: flipout}
    ```

    ```sh
    bnnc check example.yaml --set training.seed=7 --set layers.dense.use_bias=false
    ```
    """
    return report(span, message, label=label, help=(help,))
