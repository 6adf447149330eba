"""BNN606."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN606", needs=("training.early_stopping", "training.epochs"), severity="warning")
def early_stopping_that_cannot_stop(view: View, report: Report) -> list[Diagnostic]:
    """Early stopping waits longer than the training lasts.

    ## What it does
    Compares `start_from_epoch` plus `patience` with `training.epochs`. If early stopping restores
    the best weights at the end, it has an effect, and the rule reports nothing.

    ## Why it is bad
    The training can never end early: the setting has no effect.

    ## Example
    ```yaml
    training: {epochs: 10, early_stopping: {patience: 20}}
    ```

    ## Use instead
    ```yaml
    training: {epochs: 100, early_stopping: {patience: 20}}
    ```
    """
    stopping, epochs = view.training.early_stopping, view.training.epochs
    if stopping is None or stopping.restore_best_weights:
        return []
    first = stopping.start_from_epoch + max(stopping.patience, 1)
    if first < epochs:
        return []
    return [
        report(
            view.span_of("training", "early_stopping"),
            f"early stopping cannot end a training of {epochs} epochs",
            label=f"waits for at least {first} epochs",
            related=(Label(view.span_of("training", "epochs"), "the length of the training"),),
            help=("write a smaller `patience`, or more `epochs`",),
        )
    ]
