"""BNN307."""

from dataclasses import replace

from bnnc.compiler.analysis.output_branches import SUM
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
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
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, activation: softplus}
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
    if view.output.numbers != "probs" or activation in _OTHER_RULES:
        return []
    if view.shares_of_several_branches:  # BNN350
        return []
    wanted = "softmax" if isinstance(view.output, OverClasses) else "sigmoid"
    note = "probabilities lie from 0 to 1, and those of exclusive classes sum to 1"
    if activation in _SPARSE:
        note = "a probability of exactly 0 has an infinite loss and no gradient"
    help = (
        f"write `activation: {wanted}`, or delete the activation and set `parameterization: logits`"
    )
    fix = view.setting(f"write `{wanted}`", (path, wanted))
    if activation in _LOGARITHMS:
        deleting = view.deleting_fix()
        logits = view.setting("", (("output", "parameterization"), "logits"))
        help = f"{view.deleting_output_activation} and set `parameterization: logits`"
        fix = replace(deleting, edits=(*deleting.edits, *logits.edits))
    return [
        report(
            view.place(*path),
            f"{activation} output is read as probabilities",
            label=_EFFECTS.get(activation, "does not produce probabilities"),
            related=(Label(view.place("output", "parameterization"), "reads probabilities"),),
            notes=(note,),
            help=(help,),
            fixes=(fix,),
        )
    ]


_SPARSE = frozenset({"sparsemax", "sparse_sigmoid"})
_LOGARITHMS = frozenset({"log_softmax", "log_sigmoid"})
_EFFECTS = {
    **dict.fromkeys(_SPARSE, "is exactly 0 for some"),
    **dict.fromkeys(_LOGARITHMS, "produces their logarithms"),
}
_OTHER_RULES = frozenset({"linear", "softmax", "sigmoid", "hard_sigmoid", SUM})
