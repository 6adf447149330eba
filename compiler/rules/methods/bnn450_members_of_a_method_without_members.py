"""BNN450."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN450", needs=("bayesian.method", "bayesian.members"), severity="warning")
def members_of_a_method_without_members(view: View, report: Report) -> list[Diagnostic]:
    """A number of members is given to a method that has none.

    ## What it does
    Finds `bayesian.members` where neither the section's method nor a layer's own is
    `batch_ensemble` or `rank_1`.

    ## Why it is bad
    The other methods have no members: what is written has no effect, and its author may believe
    that there is an ensemble.

    ## Example
    ```yaml
    bayesian: {method: flipout, members: 4}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    ```

    ## References
    - Wen, Tran and Ba 2020, arXiv:2002.06715
    """
    if not view.written("bayesian", "members"):
        return []
    if view.path_of_method(lambda one: one.has_members) is not None:
        return []
    return [
        report(
            view.place("bayesian", "members"),
            f"`{view.bayesian.method}` has no members",
            label="has no effect",
            related=(Label(view.place("bayesian", "method"), "one model"),),
            help=("delete `members`, or write `method: batch_ensemble` or `method: rank_1`",),
            fixes=(view.deleting("bayesian", "members", safe=True),),
        )
    ]
