"""BNN109."""

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Span


@finding("BNN109")
def malformed_setting(
    report: Report, span: Span, message: str, *, label: str, help: str
) -> Diagnostic:
    """A setting is not of the form `PATH=VALUE`.

    ## What it does
    Reads the settings that `--set` gives, or `set=` in Python: a path of keys with a dot between
    two of them, an index in brackets or a layer's name, then `=` and a value as a spec would have
    it behind a colon.

    ## Why it is bad
    A setting that is passed over would leave the spec as it is, and its author would believe in
    another model than the one that is trained.

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
