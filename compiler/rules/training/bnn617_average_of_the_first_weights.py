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
    """The average of the weights still contains the first weights at the end of the training.

    ## What it does
    Computes the share of the first weights in the average at the end, if the number of rows is
    known: `ema_momentum` to the power of the number of batches minus 1. Reports a share of 10 % or
    more.

    ## Why it is bad
    The average starts with the weights after the first batch, which are nearly untrained. Each
    batch multiplies their share by `ema_momentum`. Validation, prediction and the saved model would
    use an average with many untrained weights in it.

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
            view.span_of("training", "optimizer", "ema_momentum"),
            f"at the end, {share:.0%} of the average are the weights after the first batch",
            label=f"averages over about {1 / (1 - optimizer.ema_momentum):,.0f} batches",
            related=(Label(view.span_of("training", "epochs"), f"{batches:,} batches"),),
            help=(f"write an `ema_momentum` of at most {highest:.2g}, or train longer",),
        )
    ]
