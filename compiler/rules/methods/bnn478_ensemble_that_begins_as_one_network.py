"""BNN478."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN478", needs=("training.initialize_from", "ensemble"))
def ensemble_that_begins_as_one_network(view: View, report: Report) -> list[Diagnostic]:
    """All members of an ensemble start with the weights of one run.

    ## What it does
    Reports `training.initialize_from` together with an `ensemble` of several members, unless each
    begins with a member of its own, `per_member: true`.

    ## Why it is bad
    The members of an ensemble disagree because they start at different weights. From the same
    weights they end in the same basin of the loss, and the ensemble is as certain as a single
    network.

    ## Example
    ```yaml
    training: {initialize_from: {run: runs/deterministic}}
    ensemble: {members: 5}
    ```

    ## Use instead
    ```yaml
    ensemble: {members: 5}
    ```

    If the run is an ensemble of five members:
    ```yaml
    training: {initialize_from: {run: runs/deterministic-ensemble, per_member: true}}
    ensemble: {members: 5}
    ```

    ## References
    - Fort, Hu and Lakshminarayanan 2019, arXiv:1912.02757
    """
    begun = view.training.initialize_from
    if begun is None or begun.per_member or view.ensemble is None or view.ensemble.members < 2:
        return []
    return [
        report(
            view.span_of("training", "initialize_from"),
            f"{view.ensemble.members} members start with the same weights",
            label="the same weights for all members",
            related=(Label(view.span_of("ensemble", "members"), "these should disagree"),),
            help=(
                "delete `initialize_from`, or `ensemble`; if the run is an ensemble of "
                f"{view.ensemble.members} members, write `per_member: true`",
            ),
            fixes=(view.fix_delete("training", "initialize_from"),),
        )
    ]
