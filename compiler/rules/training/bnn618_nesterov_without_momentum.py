"""BNN618."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.optimizers.sgd import SGD


@rule("BNN618", needs=("training.optimizer",), severity="warning")
def nesterov_without_momentum(view: View, report: Report) -> list[Diagnostic]:
    """`nesterov` needs a momentum.

    ## What it does
    Reports `nesterov: true` in `sgd` if `momentum` is 0.

    ## Why it is bad
    Nesterov's method evaluates the gradient ahead, in the direction of the momentum. Without
    momentum it is plain gradient descent, and the setting has no effect.

    ## Example
    ```yaml
    training: {optimizer: {type: sgd, nesterov: true}}
    ```

    ## Use instead
    ```yaml
    training: {optimizer: {type: sgd, nesterov: true, momentum: 0.9}}
    ```
    """
    optimizer = view.training.optimizer
    if not isinstance(optimizer, SGD) or not optimizer.nesterov or optimizer.momentum > 0:
        return []
    return [
        report(
            view.span_of("training", "optimizer", "nesterov"),
            "`nesterov` needs a momentum, and there is none",
            label="has no effect",
            help=("write `momentum: 0.9`, or delete `nesterov`",),
        )
    ]
