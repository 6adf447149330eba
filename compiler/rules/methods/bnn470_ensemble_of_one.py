"""BNN470."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule("BNN470", needs=("ensemble",), severity="warning")
def ensemble_of_one(view: View, report: Report) -> list[Diagnostic]:
    """An ensemble has a single member.

    ## What it does
    Reports `ensemble.members: 1`.

    ## Why it is bad
    A single network cannot disagree with another one: the prediction and its uncertainty are those
    of the model without an ensemble, and bnnc builds that model.

    ## Example
    ```yaml
    ensemble: {members: 1}
    ```

    ## Use instead
    ```yaml
    ensemble: {members: 5}
    ```

    ## References
    Lakshminarayanan et al. 2017, arXiv:1612.01474: five members give most of the gain.
    """
    if view.ensemble is None or view.ensemble.members > 1:
        return []
    return [
        report(
            view.span_of("ensemble", "members"),
            "an ensemble of one member is a single model",
            label="no other member to disagree with",
            help=("write `members: 5`, or delete `ensemble`",),
            fixes=(view.fix_delete("ensemble", safe=True),),
        )
    ]
