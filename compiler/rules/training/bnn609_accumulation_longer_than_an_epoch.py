"""BNN609."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule(
    "BNN609",
    needs=("training.optimizer", "training.epochs", "training.batch_size", "data"),
    severity="warning",
)
def accumulation_longer_than_an_epoch(view: View, report: Report) -> list[Diagnostic]:
    """Gradients are accumulated over more batches than an epoch has.

    ## What it does
    Compares `gradient_accumulation_steps` with the batches of an epoch, if the number of rows is
    known.

    ## Why it is bad
    In some epochs no weight changes. Their validation loss equals that of the epoch before, so
    early stopping counts them as epochs without progress. A step uses every row more than once,
    which takes time and does not improve the gradient.

    ## Example
    ```yaml
    training: {epochs: 20, batch_size: 500, optimizer: {type: adam, gradient_accumulation_steps: 200}}
    data: {source: fashion-mnist, validation_split: 0.1}
    ```

    ## Use instead
    ```yaml
    training: {epochs: 20, batch_size: 500, optimizer: {type: adam, gradient_accumulation_steps: 4}}
    data: {source: fashion-mnist, validation_split: 0.1}
    ```
    """
    steps, batches = view.training.optimizer.gradient_accumulation_steps, view.steps_per_epoch
    if batches is None or not batches < steps <= batches * view.training.epochs:
        return []
    return [
        report(
            view.span_of("training", "optimizer", "gradient_accumulation_steps"),
            f"a step needs {steps:,} batches, but an epoch has only {batches:,}",
            label=f"{steps / batches:.2g} epochs per step",
            help=("write a smaller number: a step uses `batch_size` times this number of rows",),
        )
    ]
