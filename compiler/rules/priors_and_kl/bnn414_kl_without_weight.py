"""BNN414."""

from bnnc.compiler.analysis.kl_factor import counted_once, counting_once
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN414", needs=("bayesian.method", "loss.kl.weight"), severity="warning")
def kl_without_weight(view: View, report: Report) -> list[Diagnostic]:
    """The KL has a weight of 0.

    ## What it does
    Reports `loss.kl.weight: 0` under a variational method.

    ## Why it is bad
    Without the KL, the prior does not act on the posterior. Every scale stays at its first value or
    shrinks towards 0, where the likelihood is best. The result is a deterministic model that was
    slow to train.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {weight: 0}}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {weight: per_example}}
    ```
    """
    path_of_kl = view.path_of_kl
    if path_of_kl is None or view.loss.kl.weight != 0:
        return []
    return [
        report(
            view.span_of("loss", "kl", "weight"),
            "the KL has a weight of 0, so the prior has no effect",
            label="the KL does not count",
            related=(Label(view.span_of(*path_of_kl), "learns a posterior"),),
            notes=("without the KL, the scales of the posterior can shrink to 0",),
            help=(f"write {counted_once(view)}",),
            fixes=(counting_once(view),),
        )
    ]
