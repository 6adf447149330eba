"""BNN479."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN479", needs=("bayesian.method", "training.initialize_from"))
def members_that_begin_with_a_run(view: View, report: Report) -> list[Diagnostic]:
    """Members that share one kernel start with the weights of a run.

    ## What it does
    Reports `training.initialize_from` under `batch_ensemble` or `rank_1`, in the section or in a
    layer.

    ## Why it is bad
    Every member multiplies the kernel by its own factors, which start at random values. The first
    product destroys what the run's kernels compute. Each member also has its own bias, but the run
    has one bias for all.

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
            view.span_of("training", "initialize_from"),
            "random factors multiply the weights of the run",
            label="the factors destroy these weights",
            related=(Label(view.span_of(*path), "one random factor per channel"),),
            help=("delete `initialize_from`, or write a method such as `flipout`",),
            fixes=(view.fix_delete("training", "initialize_from"),),
        )
    ]
