"""BNN452."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule(
    "BNN452",
    needs=("bayesian.method", "bayesian.members", "training.batch_size"),
    severity="warning",
)
def batch_that_its_members_do_not_divide(view: View, report: Report) -> list[Diagnostic]:
    """The batch size is not a multiple of the number of members.

    ## What it does
    Reports a `training.batch_size` that is not a multiple of `bayesian.members` under
    `batch_ensemble` and `rank_1`.

    ## Why it is bad
    The rows of a batch go to the members in turn, starting at the first one. The first members get
    one row more in every step, so the last members learn from fewer rows in the whole training.

    ## Example
    ```yaml
    bayesian: {method: batch_ensemble, members: 6}
    training: {batch_size: 32}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: batch_ensemble, members: 6}
    training: {batch_size: 36}
    ```

    ## References
    - Wen, Tran and Ba 2020, arXiv:2002.06715
    """
    path = view.path_of_method(lambda one: one.has_members)
    members, rows = view.bayesian.members, view.training.batch_size
    if path is None or rows <= members or rows % members == 0:
        return []
    above = rows + -rows % members
    batch_size = ("training", "batch_size")
    return [
        report(
            view.span_of(*batch_size),
            f"{members} members cannot share a batch of {rows} equally",
            label=f"{rows // members} rows for some, {rows // members + 1} for others",
            related=(
                Label(
                    view.span_of("bayesian", "members")
                    if view.is_explicit("bayesian", "members")
                    else view.span_of(*path),
                    f"{members} members",
                ),
            ),
            help=(f"write `batch_size: {above}`, or another multiple of {members}",),
            fixes=(view.fix_set(f"write `batch_size: {above}`", (batch_size, str(above))),),
        )
    ]
