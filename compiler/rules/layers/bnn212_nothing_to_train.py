"""BNN212."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule("BNN212", needs=("input.shape", "layers"), severity="error")
def nothing_to_train(view: View, report: Report) -> list[Diagnostic]:
    """A stack without a single weight.

    ## What it does
    Finds specs none of whose layers has a weight that a gradient changes.

    ## Why it is bad
    There is nothing that training could change: the output is a fixed function of the image.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
    output: {distribution: categorical, parameterization: logits, classes: 784, labels: integer}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    trace = view.shapes
    if trace.output is None:
        return []
    for step in trace.steps:
        if set(step.layer.weight_shapes(step.input)) - step.layer.non_trainable():
            return []
    return [
        report(
            view.place("layers"),
            "no layer has a weight that training could change",
            label="nothing to train",
            notes=("what has no weights cannot learn: its outputs follow from the pixels alone",),
            help=("end with `- {type: dense, units: 10}`, with as many units as classes",),
        )
    ]
