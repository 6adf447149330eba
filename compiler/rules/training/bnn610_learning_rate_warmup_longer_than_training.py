"""BNN610."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.schedules import CosineDecay


@rule("BNN610", needs=("training.optimizer", "training.epochs"))
def learning_rate_warmup_longer_than_training(view: View, report: Report) -> list[Diagnostic]:
    """The learning rate warm-up takes the whole training.

    ## What it does
    Compares `warmup_epochs` of `cosine_decay` with `training.epochs`.

    ## Why it is bad
    The rate rises until the end, and no epoch is left for the decay: the training ends with the
    largest steps, but it should end with the smallest.

    ## Example
    ```yaml
    training: {epochs: 10, optimizer: {type: adam, learning_rate: {type: cosine_decay, initial_learning_rate: 0, warmup_target: 0.01, warmup_epochs: 10}}}
    ```

    ## Use instead
    ```yaml
    training: {epochs: 10, optimizer: {type: adam, learning_rate: {type: cosine_decay, initial_learning_rate: 0, warmup_target: 0.01, warmup_epochs: 1}}}
    ```
    """
    rate, epochs = view.training.optimizer.learning_rate, view.training.epochs
    if not isinstance(rate, CosineDecay) or rate.warmup_epochs < epochs:
        return []
    path = ("training", "optimizer", "learning_rate", "warmup_epochs")
    return [
        report(
            view.span_of(*path),
            f"the warm-up takes {rate.warmup_epochs:g} epochs, and the training has {epochs}",
            label="leaves no epoch for the decay",
            related=(Label(view.span_of("training", "epochs"), "the length of the training"),),
            help=("write a `warmup_epochs` of at most a tenth of the training",),
        )
    ]
