"""BNN120."""

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN120")
def malformed_parameter(
    report: Report,
    span: Span,
    message: str,
    *,
    label: str,
    help: str,
    related: tuple[Label, ...] = (),
    notes: tuple[str, ...] = (),
) -> Diagnostic:
    """A parameter of a search has no values, or values that contradict each other.

    ## What it does
    Reads the parameters of `space` in a search file. A parameter is a range, `low` and `high`, perhaps
    with `log` or `step`, or it is a list of `choices`.

    ## Why it is bad
    A range that is empty, a choice that is written twice, or a step that misses the end of its range
    gives another search than you expect.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: relu}
      - {type: dense, units: 10, name: head}
    training: {optimizer: {type: adam, learning_rate: 0.001}}
    data: {source: fashion-mnist, validation_split: 0.1}
    ```

    ```yaml
    # search.yaml
    space:
      training.optimizer.learning_rate: {low: 0.1, high: 0.001, log: true}
      training.batch_size: {choices: [32, 64, 32]}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: relu}
      - {type: dense, units: 10, name: head}
    training: {optimizer: {type: adam, learning_rate: 0.001}}
    data: {source: fashion-mnist, validation_split: 0.1}
    ```

    ```yaml
    # search.yaml
    space:
      training.optimizer.learning_rate: {low: 0.001, high: 0.1, log: true}
      training.batch_size: {choices: [32, 64]}
    ```
    """
    return report(span, message, label=label, related=related, notes=notes, help=(help,))
