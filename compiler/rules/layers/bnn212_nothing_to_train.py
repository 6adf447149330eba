"""BNN212."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule("BNN212", needs=("input.shape", "layers"), severity="error")
def nothing_to_train(view: View, report: Report) -> list[Diagnostic]:
    """No layer has trainable weights.

    ## What it does
    Finds specs in which no layer has a weight that training can change.

    ## Why it is bad
    Training has nothing to change: the output is a fixed function of the image.

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
            view.span_of("layers"),
            "no layer has trainable weights",
            label="nothing to train",
            notes=(
                "a model without weights cannot learn: its output is a fixed function of the pixels",
            ),
            help=("end with `- {type: dense, units: 10}`, with one unit for each class",),
        )
    ]
