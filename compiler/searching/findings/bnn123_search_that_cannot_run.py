"""BNN123."""

from bnnc.compiler.diagnostics.catalog import Report, finding
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.source import Span


@finding("BNN123")
def search_that_cannot_run(
    report: Report,
    span: Span,
    message: str,
    *,
    label: str,
    help: str,
    related: tuple[Label, ...] = (),
    notes: tuple[str, ...] = (),
) -> Diagnostic:
    """The objectives, the sampler and the pruner of a search contradict each other.

    ## What it does
    Reports objectives that the output of the spec does not have, samplers that cannot draw from the
    space, and pruners of several objectives.

    ## Why it is bad
    Optuna would fail in the first trial, or after it, or would draw points at random without saying so.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    data: {source: fashion-mnist, validation_split: 0.1}
    ```

    ```yaml
    # search.yaml
    objectives: [nll, rmse]
    pruner: hyperband
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
    objectives: [nll, ece]
    space:
      training.batch_size: {choices: [32, 64, 128]}
    ```
    """
    return report(span, message, label=label, related=related, notes=notes, help=(help,))
