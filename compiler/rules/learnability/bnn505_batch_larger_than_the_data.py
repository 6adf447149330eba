"""BNN505."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import counted

PROPOSED = 32


@rule("BNN505", needs=("training.batch_size", "training.epochs", "data"), severity="warning")
def batch_larger_than_the_data(view: View, report: Report) -> list[Diagnostic]:
    """The batch size is larger than the number of training rows.

    ## What it does
    Compares `training.batch_size` with the number of training rows, if that number is known.

    ## Why it is bad
    No batch is ever full, and every epoch is a single step: the training has only as many steps as
    epochs. `benchmarks/thresholds.md` shows what that costs in the same number of epochs.

    ## Example
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: relu}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.001}, batch_size: 2048, epochs: 50}
    data: {source: digits}
    ```

    ## Use instead
    ```yaml
    input: {shape: [8, 8, 1], value_range: [0, 16]}
    layers:
      - {type: flatten}
      - {type: dense, units: 64, activation: relu}
      - {type: dense, units: 10}
    training: {optimizer: {type: adam, learning_rate: 0.001}, batch_size: 32, epochs: 50}
    data: {source: digits}
    ```
    """
    size, rows, epochs = view.training.batch_size, view.rows, view.training.epochs
    if rows is None or size <= rows:
        return []
    proposed = PROPOSED if rows > PROPOSED else max(rows // 4, 1)
    return [
        report(
            view.span_of("training", "batch_size"),
            f"a batch of {size:,} rows is larger than the training data, which has {rows:,} rows",
            label="every epoch is a single step",
            related=(Label(view.span_of("data", "source"), f"{rows:,} training rows"),),
            notes=(f"the optimizer takes only {counted(epochs, 'step')} in the whole training",),
            help=(f"write `batch_size: {proposed}`",),
            fixes=(
                view.fix_set(
                    f"write `batch_size: {PROPOSED}`", (("training", "batch_size"), str(PROPOSED))
                ),
            )
            if rows > PROPOSED
            else (),
        )
    ]
