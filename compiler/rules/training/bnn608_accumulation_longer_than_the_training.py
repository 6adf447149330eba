"""BNN608."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN608", needs=("training.optimizer", "training.epochs", "training.batch_size", "data"))
def accumulation_longer_than_the_training(view: View, report: Report) -> list[Diagnostic]:
    """Gradients are accumulated over more batches than the training has.

    ## What it does
    Compares `gradient_accumulation_steps` with the batches of the whole training, if the number of
    rows is known.

    ## Why it is bad
    The weights change only after this many batches, and the training ends before: the model keeps
    its first weights.

    ## Example
    ```yaml
    training:
      epochs: 1
      batch_size: 500
      optimizer: {type: adam, learning_rate: 0.01, gradient_accumulation_steps: 200}
    data: {source: fashion-mnist, validation_split: 0.1}
    ```

    ## Use instead
    ```yaml
    training:
      epochs: 1
      batch_size: 500
      optimizer: {type: adam, learning_rate: 0.01, gradient_accumulation_steps: 4}
    data: {source: fashion-mnist, validation_split: 0.1}
    ```
    """
    steps = view.training.optimizer.gradient_accumulation_steps
    if view.steps_per_epoch is None:
        return []
    batches = view.steps_per_epoch * view.training.epochs
    if steps <= batches:
        return []
    return [
        report(
            view.span_of("training", "optimizer", "gradient_accumulation_steps"),
            f"the weights change after {steps:,} batches, but the training has only {batches:,}",
            label="never reached",
            related=(Label(view.span_of("training", "epochs"), f"{batches:,} batches"),),
            help=("write a smaller number: a step uses `batch_size` times this number of rows",),
        )
    ]
