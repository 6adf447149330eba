"""BNN424."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN424", needs=("bayesian.method", "loss.kl", "training.epochs"), severity="warning")
def more_kl_cycles_than_epochs(view: View, report: Report) -> list[Diagnostic]:
    """The KL has more cycles than the training has epochs.

    ## What it does
    Compares `loss.kl.cyclical.cycles` with `training.epochs`.

    ## Why it is bad
    With a cycle shorter than an epoch, the weight of the KL falls back before every image has been
    seen under the prior. The weight is then only noise in the objective, with a mean below 1, and
    no cycle has enough time to use the result of the one before.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {cyclical: {cycles: 20}}}
    training: {epochs: 10}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {cyclical: {cycles: 4}}}
    training: {epochs: 20}
    ```

    ## References
    Fu et al. 2019, Cyclical Annealing Schedule, arXiv:1903.10145
    """
    cyclical, epochs = view.loss.kl.cyclical, view.training.epochs
    if view.path_of_kl is None or cyclical is None or cyclical.cycles <= epochs:
        return []
    return [
        report(
            view.span_of("loss", "kl", "cyclical", "cycles"),
            f"the KL has {cyclical.cycles} cycles, but the training has only {epochs} epochs",
            label=f"{epochs / cyclical.cycles:.2g} epochs per cycle",
            related=(Label(view.span_of("training", "epochs"), "the length of the training"),),
            help=("write fewer cycles: the paper uses four",),
        )
    ]
