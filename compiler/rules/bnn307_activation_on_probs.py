"""BNN307."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.endings import SUM
from bnnc.compiler.rules.registry import Report, rule
from bnnc.compiler.view import View
from bnnc.specs.output import OverClasses


@rule("BNN307", needs=("output_activation", "output.distribution", "output.parameterization"))
def activation_on_probs(view: View, report: Report) -> list[Diagnostic]:
    """An activation that does not give probabilities is read as probabilities.

    ## What it does
    Finds activations other than softmax and sigmoid under `parameterization: probs`.

    ## Why it is bad
    Probabilities lie between 0 and 1, and those of exclusive classes sum to 1. What `relu`, `tanh`
    or `softplus` give does neither: the logarithm meets 0 or a negative number and gives an
    infinite loss or NaN.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, activation: softplus}
    output: {distribution: categorical, parameterization: probs, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, activation: softmax}
    output: {distribution: categorical, parameterization: probs, classes: 10, labels: integer}
    ```
    """
    activation, path = view.output_activation
    if view.output.numbers != "probs" or activation in _OTHER_RULES:
        return []
    if view.shares_of_several_branches:  # BNN350
        return []
    wanted = "softmax" if isinstance(view.output, OverClasses) else "sigmoid"
    return [
        report(
            view.place(*path),
            f"{activation} output is read as probabilities",
            label="does not produce probabilities",
            related=(Label(view.place("output", "parameterization"), "reads probabilities"),),
            notes=("probabilities lie from 0 to 1, and those of exclusive classes sum to 1",),
            help=(
                f"write `activation: {wanted}`, or delete the activation and set "
                "`parameterization: logits`",
            ),
            fixes=(view.setting(f"write `{wanted}`", (path, wanted)),),
        )
    ]


_OTHER_RULES = frozenset({"linear", "softmax", "sigmoid", "hard_sigmoid", SUM})
