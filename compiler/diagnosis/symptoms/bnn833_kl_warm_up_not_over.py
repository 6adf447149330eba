"""BNN833."""

from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import Report, symptom
from bnnc.compiler.diagnostics.diagnostic import Diagnostic

SMALLEST_SHARE = 0.95


@symptom("BNN833")
def kl_warm_up_not_over(case: Case, report: Report) -> list[Diagnostic]:
    """The training ended before the KL had its whole weight.

    ## What it does
    Computes the weight of the KL in the last step, and reports less than 95 % of the weight after
    the warm-up.

    ## Why it is bad
    The posterior is that of another objective: its standard deviations are too small, and it is
    overconfident. It also depends on where the training was stopped.

    ## Example
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {warmup_epochs: 50}}
    training: {optimizer: {type: adam, learning_rate: 0.002}, epochs: 5}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    loss: {kl: {temperature: 0.1}}
    training: {optimizer: {type: adam, learning_rate: 0.005}, epochs: 15}
    ```
    """
    share = case.evidence.kl_share_of_weight
    if share >= SMALLEST_SHARE or not case.evidence.history or case.evidence.is_interrupted:
        return []
    done = len(case.evidence.history)
    view = case.view
    length = f"{max(done / 2, 1):.2g}"
    path = ("loss", "kl", "warmup_epochs")
    has_warm_up = bool(view.loss.kl.warmup_epochs)
    return [
        report(
            case.place(*path),
            f"the KL had {share:.0%} of its weight at the end of the training",
            label=f"the run has {done} epochs",
            help=(
                f"write `warmup_epochs: {length}`, or train for more epochs"
                if has_warm_up
                else "end the training at the end of a cycle",
            ),
            fixes=(view.fix_set(f"write `warmup_epochs: {length}`", (path, length)),)
            if has_warm_up
            else (),
        )
    ]
