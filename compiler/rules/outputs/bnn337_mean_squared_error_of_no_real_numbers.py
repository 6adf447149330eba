"""BNN337."""

from bnnc.compiler.analysis.remedies import single_class, unfitting_loss
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.output import OverReals


@rule(
    "BNN337",
    needs=(
        "output.distribution",
        "output.parameterization",
        "output.labels",
        "output.classes",
        "output.scale",
        "loss.type",
    ),
)
def mean_squared_error_of_no_real_numbers(view: View, report: Report) -> list[Diagnostic]:
    """`mean_squared_error` of what are no real numbers.

    ## What it does
    Finds `mean_squared_error` with labels that are classes, a yes or no, shares or counts.

    ## Why it is bad
    The squared error is the likelihood of normal noise. Between a class index and logits it
    compares things of different kinds; between a 0 or 1 and a probability its gradient vanishes
    where the model is surely wrong, the cross-entropy's does not; of counts it takes a miss by 3
    around 2 for as surprising as around 200.

    ## Example
    ```yaml
    loss: {type: mean_squared_error}
    ```

    ## Use instead
    ```yaml
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    output = view.output
    if output.labels not in output.losses or single_class(view):
        return []  # the labels contradict the distribution already, whatever the loss
    if view.loss.type != "mean_squared_error" or isinstance(output, OverReals):
        return []
    return [
        unfitting_loss(
            view,
            report,
            reads="compares real numbers",
            reason="the squared error is the likelihood of normal noise on real numbers",
        )
    ]
