"""BNN617."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule(
    "BNN617",
    needs=("training.optimizer", "training.epochs", "training.batch_size", "data"),
    severity="warning",
)
def average_of_the_first_weights(view: View, report: Report) -> list[Diagnostic]:
    """The average of the weights is still the first ones when the training ends.

    ## What it does
    Computes the share of the first weights in the average at the end, `ema_momentum` to the power
    of the batches of the training, where the rows of the data are known; reports a tenth or more.

    ## Why it is bad
    The average begins with the weights after the first batch, which know nothing, and forgets them
    by `ema_momentum` a batch. What is validated, saved and predicted with would be those weights,
    with some learning mixed in.

    ## Example
    ```yaml
    training:
      epochs: 2
      batch_size: 500
      optimizer: {type: adam, learning_rate: 0.002, use_ema: true, ema_momentum: 0.999}
    data: {source: fashion-mnist, validation_split: 0.1}
    ```

    ## Use instead
    ```yaml
    training:
      epochs: 2
      batch_size: 500
      optimizer: {type: adam, learning_rate: 0.002, use_ema: true, ema_momentum: 0.9}
    data: {source: fashion-mnist, validation_split: 0.1}
    ```
    """
    optimizer = view.training.optimizer
    if not optimizer.use_ema or view.steps_per_epoch is None:
        return []
    batches = view.steps_per_epoch * view.training.epochs
    share = optimizer.ema_momentum ** (batches - 1)
    if share < 0.1:
        return []
    highest = 0.01 ** (1 / max(batches - 1, 1))
    return [
        report(
            view.place("training", "optimizer", "ema_momentum"),
            f"{share:.0%} of the average at the end are the weights after the first batch",
            label=f"remembers about {1 / (1 - optimizer.ema_momentum):,.0f} batches",
            related=(Label(view.place("training", "epochs"), f"{batches:,} batches"),),
            help=(f"write an `ema_momentum` of at most {highest:.2g}, or train for longer",),
        )
    ]
