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
    """Early stopping may end the training while the weight of the KL still rises.

    ## What it does
    Computes the first epoch after which early stopping can end the training: `start_from_epoch`
    plus `patience`. Compares it with the end of `loss.kl.warmup_epochs`. Under `loss.kl.cyclical`
    it compares `patience` with the length of the rise in a cycle.

    ## Why it is bad
    While the weight of the KL rises, the objective changes, and the validation loss may rise
    although nothing is wrong. A training that stops there, or restores the weights of an earlier
    epoch, has never used the objective of the spec: its posterior is the one for a KL weight that
    is too small.

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
            view.span_of("training", "early_stopping"),
            "the training may stop before the KL has its full weight",
            label=f"can stop after {first} epochs without progress",
            related=(
                Label(
                    view.span_of("loss", "kl", place),
                    f"the weight of the KL rises over {rising:g} epochs",
                ),
            ),
            help=(f"write at least {way_out}",),
        )
    ]
