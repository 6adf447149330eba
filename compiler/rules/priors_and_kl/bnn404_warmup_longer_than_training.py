"""BNN404."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule(
    "BNN404",
    needs=("bayesian.method", "loss.kl.warmup_epochs", "training.epochs"),
    severity="warning",
)
def warmup_longer_than_training(view: View, report: Report) -> list[Diagnostic]:
    """The KL warm-up is longer than the training.

    ## What it does
    Compares `loss.kl.warmup_epochs` with `training.epochs`.

    ## Why it is bad
    The weight of the KL rises until the end of the warm-up. If the training ends before that, it
    never uses the objective of the spec: the prior counts less than 1/N, and the posterior is too
    narrow.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {warmup_epochs: 20}}
    training: {epochs: 10}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {warmup_epochs: 2}}
    training: {epochs: 10}
    ```
    """
    warmup, epochs = view.loss.kl.warmup_epochs, view.training.epochs
    if view.path_of_kl is None or warmup <= epochs:
        return []
    return [
        report(
            view.span_of("loss", "kl", "warmup_epochs"),
            f"the KL warm-up takes {warmup:g} epochs, but the training has only {epochs}",
            label="ends after the training",
            related=(Label(view.span_of("training", "epochs"), "the length of the training"),),
            notes=(f"at the end of the training the KL has {epochs / warmup:.0%} of its weight",),
            help=(
                f"write `warmup_epochs: {max(1, epochs // 5)}`, a tenth to a third of the training, "
                f"or `epochs: {round(3 * warmup)}`",
            ),
        )
    ]
