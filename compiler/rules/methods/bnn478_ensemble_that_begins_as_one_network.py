"""BNN478."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN478", needs=("training.initialize_from", "ensemble"))
def ensemble_that_begins_as_one_network(view: View, report: Report) -> list[Diagnostic]:
    """All members of an ensemble begin with the weights of one run.

    ## What it does
    Finds `training.initialize_from` beside an `ensemble` of several members.

    ## Why it is bad
    What the members of an ensemble disagree on comes from where they begin: from one point they end
    in one basin of the loss, and the ensemble is as sure as a single network.

    ## Example
    ```yaml
    training: {initialize_from: {run: runs/deterministic}}
    ensemble: {members: 5}
    ```

    ## Use instead
    ```yaml
    ensemble: {members: 5}
    ```

    ## References
    - Fort, Hu and Lakshminarayanan 2019, arXiv:1912.02757
    """
    if view.training.initialize_from is None or view.ensemble is None or view.ensemble.members < 2:
        return []
    return [
        report(
            view.place("training", "initialize_from"),
            f"{view.ensemble.members} members begin with the same weights",
            label="one beginning for all of them",
            related=(Label(view.place("ensemble", "members"), "what shall disagree"),),
            help=("delete `initialize_from`, or `ensemble`",),
            fixes=(view.deleting("training", "initialize_from"),),
        )
    ]
