"""BNN481."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule("BNN481", needs=("training.initialize_from", "ensemble"))
def per_member_without_an_ensemble(view: View, report: Report) -> list[Diagnostic]:
    """`per_member` of a single network.

    ## What it does
    Reports `training.initialize_from.per_member: true` without an `ensemble` of several members.

    ## Why it is bad
    With `per_member` each member begins with the member of the run that has its number. A single
    network has no number, so that it is not said which weights it begins with.

    ## Example
    ```yaml
    training: {initialize_from: {run: runs/deterministic, per_member: true}}
    ```

    ## Use instead
    ```yaml
    training: {initialize_from: {run: runs/deterministic}}
    ```

    Or, of a member of an ensemble:
    ```yaml
    training: {initialize_from: {run: runs/deterministic/members/0}}
    ```
    """
    begun = view.training.initialize_from
    if begun is None or not begun.per_member:
        return []
    if view.ensemble is not None and view.ensemble.members > 1:
        return []
    path = ("training", "initialize_from", "per_member")
    return [
        report(
            view.span_of(*path),
            "`per_member` without an ensemble",
            label="there is one network",
            help=("delete `per_member`, or write `ensemble: {members: 5}`",),
            fixes=(view.fix_delete(*path),),
        )
    ]
