"""BNN318."""

from bnnc.compiler.analysis.remedies import yes_or_no
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.ordered_logistic import OrderedLogistic
from bnnc.specs.outputs.over_classes import OverClasses


@rule("BNN318", needs=("output.distribution", "output.classes"))
def single_class(view: View, report: Report) -> list[Diagnostic]:
    """A distribution over classes has only one class.

    ## What it does
    Finds `classes: 1`.

    ## Why it is bad
    With one class, the softmax is 1 for every image: the loss is 0 from the start, and the model
    cannot learn. For a yes-or-no label, use `bernoulli` with one unit.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: categorical, parameterization: logits, classes: 1, labels: integer}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1}
    output: {distribution: bernoulli, parameterization: logits, labels: binary}
    ```
    """
    output = view.output
    if not isinstance(output, OverClasses | OrderedLogistic) or output.classes > 1:
        return []
    return [
        report(
            view.span_of("output", "classes"),
            "the distribution has only one class, so its prediction is always the same",
            label="only one class",
            related=(Label(view.span_of("output", "distribution"), "one class of several"),),
            notes=("a softmax over one unit is always 1: the loss is 0 from the start",),
            help=(f"for a yes-or-no label, {yes_or_no(view)}; or write the number of classes",),
        )
    ]
