"""BNN423."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN423", needs=("loss.kl",))
def cyclical_kl_with_a_warmup(view: View, report: Report) -> list[Diagnostic]:
    """The KL has both a warm-up and cycles.

    ## What it does
    Reports `loss.kl.warmup_epochs` above 0 together with `loss.kl.cyclical`.

    ## Why it is bad
    Both settings define how the weight of the KL rises during the training, and they contradict
    each other: the weight rises once, or once in every cycle.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {warmup_epochs: 2, cyclical: {cycles: 2}}}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {cyclical: {cycles: 2}}}
    ```

    ## References
    Fu et al. 2019, Cyclical Annealing Schedule, arXiv:1903.10145
    """
    kl = view.loss.kl
    if kl.cyclical is None or not kl.warmup_epochs:
        return []
    return [
        report(
            view.span_of("loss", "kl", "warmup_epochs"),
            "the weight of the KL cannot rise both once and in cycles",
            label=f"rises once over {kl.warmup_epochs:g} epochs",
            related=(
                Label(view.span_of("loss", "kl", "cyclical"), f"rises {kl.cyclical.cycles} times"),
            ),
            help=("delete `warmup_epochs`, or delete `cyclical`",),
            fixes=(view.fix_delete("loss", "kl", "warmup_epochs"),),
        )
    ]
