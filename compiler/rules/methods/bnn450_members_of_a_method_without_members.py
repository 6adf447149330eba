"""BNN450."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN450", needs=("bayesian.method", "bayesian.members"), severity="warning")
def members_of_a_method_without_members(view: View, report: Report) -> list[Diagnostic]:
    """`bayesian.members` is set, and no method has members.

    ## What it does
    Reports `bayesian.members` if neither the section's method nor a layer's own method is
    `batch_ensemble` or `rank_1`.

    ## Why it is bad
    The other methods have no members: the setting has no effect, and you may believe that there is
    an ensemble.

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
    if not view.is_explicit("bayesian", "members"):
        return []
    if view.path_of_method(lambda one: one.has_members) is not None:
        return []
    return [
        report(
            view.span_of("bayesian", "members"),
            f"`{view.bayesian.method}` has no members",
            label="has no effect",
            related=(Label(view.span_of("bayesian", "method"), "trains one model"),),
            help=("delete `members`, or write `method: batch_ensemble` or `method: rank_1`",),
            fixes=(view.fix_delete("bayesian", "members", safe=True),),
        )
    ]
