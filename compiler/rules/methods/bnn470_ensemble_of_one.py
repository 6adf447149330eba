"""BNN470."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule("BNN470", needs=("ensemble",), severity="warning")
def ensemble_of_one(view: View, report: Report) -> list[Diagnostic]:
    """An ensemble of a single member.

    ## What it does
    Finds `ensemble.members: 1`.

    ## Why it is bad
    One network cannot disagree with another: the prediction and its uncertainty are those of the
    model without an ensemble, which is what is built.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ensemble: {members: 1}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ensemble: {members: 5}
    ```

    ## References
    Lakshminarayanan et al. 2017, arXiv:1612.01474: five members are most of the gain.
    """
    if view.ensemble is None or view.ensemble.members > 1:
        return []
    return [
        report(
            view.place("ensemble", "members"),
            "an ensemble of one member is that member",
            label="nothing to disagree with",
            help=("write `members: 5`, or delete `ensemble`",),
            fixes=(view.deleting("ensemble", safe=True),),
        )
    ]
