"""BNN615."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.schedules import CosineDecay, PolynomialDecay


@rule("BNN615", needs=("training.optimizer",))
def learning_rate_of_zero(view: View, report: Report) -> list[Diagnostic]:
    """The learning rate is 0 from the first step to the last.

    ## What it does
    Reports `cosine_decay` that starts at 0 without a warm-up, and `polynomial_decay` from 0 to 0.

    ## Why it is bad
    No weight ever changes.

    ## Example
    ```yaml
    training: {epochs: 10, optimizer: {type: adam, learning_rate: {type: cosine_decay, initial_learning_rate: 0}}}
    ```

    ## Use instead
    ```yaml
    training: {epochs: 10, optimizer: {type: adam, learning_rate: {type: cosine_decay, initial_learning_rate: 0.01}}}
    ```
    """
    rate = view.training.optimizer.learning_rate
    if isinstance(rate, CosineDecay):
        highest = rate.warmup_target or rate.initial_learning_rate
    elif isinstance(rate, PolynomialDecay):
        highest = max(rate.initial_learning_rate, rate.end_learning_rate)
    else:
        return []
    if highest > 0 or getattr(rate, "warmup_epochs", None):  # half a warm-up has a rule of its own
        return []
    return [
        report(
            view.span_of("training", "optimizer", "learning_rate", "initial_learning_rate"),
            "the learning rate is 0 from the first step to the last",
            label="starts at 0 and never changes",
            help=("write a positive rate, or a warm-up from 0",),
        )
    ]
