"""BNN451."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN451", needs=("bayesian.method", "bayesian.members", "training.batch_size"))
def batch_smaller_than_its_members(view: View, report: Report) -> list[Diagnostic]:
    """A batch has fewer rows than members.

    ## What it does
    Compares `training.batch_size` with `bayesian.members` under `batch_ensemble` and `rank_1`.

    ## Why it is bad
    The rows of a batch go to the members in turn, starting at the first one. Members without a row
    are never trained, and still take part in every prediction with their first values.

    ## Example
    ```yaml
    bayesian: {method: batch_ensemble, members: 8}
    training: {batch_size: 4}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: batch_ensemble, members: 8}
    training: {batch_size: 64}
    ```

    ## References
    - Wen, Tran and Ba 2020, arXiv:2002.06715
    """
    path = view.path_of_method(lambda one: one.has_members)
    members, rows = view.bayesian.members, view.training.batch_size
    if path is None or rows >= members:
        return []
    batch_size = ("training", "batch_size")
    return [
        report(
            view.span_of(*batch_size),
            f"a batch of {rows} leaves {members - rows} of {members} members without a row",
            label="rows per step",
            related=(
                Label(
                    view.span_of("bayesian", "members")
                    if view.is_explicit("bayesian", "members")
                    else view.span_of(*path),
                    f"{members} members",
                ),
            ),
            notes=("row i of a batch trains only member i mod members",),
            help=(f"write a `batch_size` of at least {members}, such as {16 * members}",),
            fixes=(
                view.fix_set(
                    f"write `batch_size: {16 * members}`", (batch_size, str(16 * members))
                ),
            ),
        )
    ]
