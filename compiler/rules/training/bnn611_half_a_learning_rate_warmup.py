"""BNN611."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.schedules import CosineDecay


@rule("BNN611", needs=("training.optimizer",))
def half_a_learning_rate_warmup(view: View, report: Report) -> list[Diagnostic]:
    """The learning rate warm-up needs both a length and a target.

    ## What it does
    Reports `warmup_epochs` without `warmup_target` under `cosine_decay`, and `warmup_target`
    without `warmup_epochs`.

    ## Why it is bad
    Keras ignores a length without a target: there would be no warm-up. With a target and no length,
    the decay starts at the target immediately, and `initial_learning_rate` has no effect.

    ## Example
    ```yaml
    training: {epochs: 10, optimizer: {type: adam, learning_rate: {type: cosine_decay, initial_learning_rate: 0.001, warmup_epochs: 2}}}
    ```

    ## Use instead
    ```yaml
    training: {epochs: 10, optimizer: {type: adam, learning_rate: {type: cosine_decay, initial_learning_rate: 0.001, warmup_epochs: 2, warmup_target: 0.01}}}
    ```
    """
    rate = view.training.optimizer.learning_rate
    if not isinstance(rate, CosineDecay) or bool(rate.warmup_epochs) == bool(rate.warmup_target):
        return []
    written, missing = "warmup_epochs", "warmup_target"
    if rate.warmup_target:
        written, missing = missing, written
    return [
        report(
            view.span_of("training", "optimizer", "learning_rate", written),
            f"`{written}` needs `{missing}`",
            label=f"the warm-up has no `{missing}`",
            help=(f"write `{missing}` too, or delete `{written}`",),
        )
    ]
