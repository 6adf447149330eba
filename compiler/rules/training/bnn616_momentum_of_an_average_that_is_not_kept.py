"""BNN616."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule("BNN616", needs=("training.optimizer",), severity="warning")
def momentum_of_an_average_that_is_not_kept(view: View, report: Report) -> list[Diagnostic]:
    """`ema_momentum` needs `use_ema: true`.

    ## What it does
    Reports `ema_momentum` if `use_ema` is not true.

    ## Why it is bad
    The optimizer keeps no average of the weights, so its momentum has no effect.

    ## Example
    ```yaml
    training: {optimizer: {type: adam, ema_momentum: 0.999}}
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: adam, use_ema: true, ema_momentum: 0.999}}
    ```
    """
    path = ("training", "optimizer", "ema_momentum")
    if view.training.optimizer.use_ema or not view.is_explicit(*path):
        return []
    return [
        report(
            view.span_of(*path),
            "the optimizer keeps no average of the weights",
            label="has no effect",
            help=("write `use_ema: true`, or delete `ema_momentum`",),
            fixes=(view.fix_delete(*path, safe=True),),
        )
    ]
