"""BNN338."""

from bnnc.compiler.analysis.remedies import single_class, unfitting_loss
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule(
    "BNN338",
    needs=(
        "output.distribution",
        "output.parameterization",
        "output.labels",
        "output.classes",
        "output.scale",
        "loss.type",
    ),
)
def poisson_loss_of_no_counts(view: View, report: Report) -> list[Diagnostic]:
    """`poisson` of what are no counts.

    ## What it does
    Finds Keras's `poisson` loss under any distribution but `poisson`.

    ## Why it is bad
    It is rate - count · log(rate). Of logits, locations and probabilities it takes a logarithm
    that is NaN for the negative ones, and for the others it is smallest where the number equals
    the label, whatever the label means.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    loss: {type: poisson}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: normal, parameterization: loc, scale: learned, labels: real}
    ```
    """
    output = view.output
    if output.labels not in output.losses or single_class(view):
        return []  # the labels contradict the distribution already, whatever the loss
    if view.loss.type != "poisson" or output.distribution == "poisson":
        return []
    return [
        unfitting_loss(
            view,
            report,
            reads="takes the rate of a count",
            reason="it is the likelihood of counts, and takes the logarithm of a rate",
        )
    ]
