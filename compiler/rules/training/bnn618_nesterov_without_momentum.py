"""BNN618."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.optimizers.sgd import SGD


@rule("BNN618", needs=("training.optimizer",), severity="warning")
def nesterov_without_momentum(view: View, report: Report) -> list[Diagnostic]:
    """`nesterov` without a momentum.

    ## What it does
    Finds `nesterov: true` of `sgd` where `momentum` is 0.

    ## Why it is bad
    Nesterov's step looks ahead along the momentum. Without one it is plain gradient descent, and
    what is written has no effect.

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
            view.place("training", "optimizer", "nesterov"),
            "there is no momentum for Nesterov's step to look ahead along",
            label="has no effect",
            help=("write `momentum: 0.9`, or delete `nesterov`",),
        )
    ]
