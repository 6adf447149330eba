"""BNN304."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.over_classes import OverClasses


@rule("BNN304", needs=("output_activation", "output.distribution", "output.parameterization"))
def linear_output_read_as_probs(view: View, report: Report) -> list[Diagnostic]:
    """A linear output is read as probabilities.

    ## What it does
    Finds `parameterization: probs` if the last layer has no activation.

    ## Why it is bad
    A linear layer outputs any real numbers. As probabilities, they can be negative, and they do not
    sum to 1. The logarithm is then NaN, or Keras clips and rescales the numbers, and the gradient
    is 0 where it clips.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: probs, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, activation: softmax}
    output: {distribution: categorical, parameterization: probs, classes: 10, labels: integer}
    ```
    """
    activation, path = view.output_activation
    if activation != "linear" or view.output.numbers != "probs":
        return []
    if view.shares_of_several_branches:  # BNN350
        return []
    wanted = "softmax" if isinstance(view.output, OverClasses) else "sigmoid"
    return [
        report(
            view.span_of(*path)
            if view.is_explicit(*path)
            else view.span_of(*view.output_layer.path),
            "a linear output is read as probabilities",
            label="outputs any real numbers",
            related=(Label(view.span_of("output", "parameterization"), "reads probabilities"),),
            notes=(
                "a linear output can be negative or above 1; the logarithm of a negative number is undefined",
            ),
            help=(
                "write `parameterization: logits` (numerically more exact), or "
                f"{view.text_with_output_activation(wanted)}",
            ),
            fixes=(
                view.fix_set(
                    "read the output as logits", (("output", "parameterization"), "logits")
                ),
            ),
        )
    ]
