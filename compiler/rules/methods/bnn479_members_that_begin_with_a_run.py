"""BNN479."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN479", needs=("bayesian.method", "training.initialize_from"))
def members_that_begin_with_a_run(view: View, report: Report) -> list[Diagnostic]:
    """Members of one kernel begin with the weights of a run.

    ## What it does
    Finds `training.initialize_from` under `batch_ensemble` or `rank_1`, of the section or of a
    layer.

    ## Why it is bad
    Every member multiplies the kernel by factors of its own, which begin at random: what the run's
    kernels compute is lost with the first product, and each member has a bias of its own, where the
    run has one for all.

    ## Example
    ```yaml
    bayesian: {method: batch_ensemble}
    training: {initialize_from: {run: runs/deterministic}}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    training: {initialize_from: {run: runs/deterministic}}
    ```

    ## References
    - Wen, Tran and Ba 2020, arXiv:2002.06715
    """
    path = view.path_of_method(lambda one: one.has_members)
    if view.training.initialize_from is None or path is None:
        return []
    return [
        report(
            view.place("training", "initialize_from"),
            "the weights of a run under factors that are random",
            label="is multiplied away",
            related=(Label(view.place(*path), "a factor for every channel"),),
            help=("delete `initialize_from`, or write a method such as `flipout`",),
            fixes=(view.deleting("training", "initialize_from"),),
        )
    ]
