"""BNN427."""

from math import ceil

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule(
    "BNN427",
    needs=("bayesian.method", "loss.kl", "training.early_stopping", "training.epochs"),
    severity="warning",
)
def early_stopping_before_the_kl_is_whole(view: View, report: Report) -> list[Diagnostic]:
    """Early stopping may end the training while the KL is still rising.

    ## What it does
    Compares the first epoch after which early stopping can end the training, `start_from_epoch` and
    `patience` together, with the end of `loss.kl.warmup_epochs`, and `patience` with the length of
    a cycle under `loss.kl.cyclical`.

    ## Why it is bad
    While the weight of the KL rises, the objective moves away from the validation loss, which may
    rise with it although nothing is wrong. A training that stops there, or keeps the weights of an
    epoch before, has never seen the objective that the spec says: its posterior is the one of too
    small a KL.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {warmup_epochs: 10}}
    training: {epochs: 50, early_stopping: {patience: 3}}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {warmup_epochs: 10}}
    training: {epochs: 50, early_stopping: {patience: 3, start_from_epoch: 10}}
    ```
    """
    stopping, kl = view.training.early_stopping, view.loss.kl
    if view.path_of_kl is None or stopping is None:
        return []
    if kl.cyclical is not None:
        rising = kl.cyclical.proportion * view.training.epochs / kl.cyclical.cycles
        first, place, way_out = stopping.patience, "cyclical", f"`patience: {ceil(rising)}`"
    else:
        rising, place = kl.warmup_epochs, "warmup_epochs"
        first, way_out = (
            stopping.start_from_epoch + stopping.patience,
            f"`start_from_epoch: {ceil(rising)}`",
        )
    if first >= rising:
        return []
    return [
        report(
            view.place("training", "early_stopping"),
            "the training may stop before the KL has its whole weight",
            label=f"can stop after {first} epochs without a better one",
            related=(Label(view.place("loss", "kl", place), f"rises over {rising:g} epochs"),),
            help=(f"write {way_out}, at least",),
        )
    ]
