"""BNN307."""

from dataclasses import replace

from bnnc.compiler.analysis.output_branches import SUM
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.activations import ACTIVATIONS, Range
from bnnc.specs.outputs.over_classes import OverClasses


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
    numbers = ACTIVATIONS[activation]
    wanted = "softmax" if isinstance(view.output, OverClasses) else "sigmoid"
    note = "probabilities lie from 0 to 1, and those of exclusive classes sum to 1"
    if _has_zeros(numbers):
        note = "a probability of exactly 0 has an infinite loss and no gradient"
    help = (
        f"write `activation: {wanted}`, or delete the activation and set `parameterization: logits`"
    )
    fix = view.fix_set(f"write `{wanted}`", (path, wanted))
    if _are_logarithms(numbers):
        deleting = view.fix_delete_output_activation()
        logits = view.fix_set("", (("output", "parameterization"), "logits"))
        help = f"{view.text_without_output_activation} and set `parameterization: logits`"
        fix = replace(deleting, edits=(*deleting.edits, *logits.edits))
    return [
        report(
            view.span_of(*path),
            f"{activation} output is read as probabilities",
            label=_effect(numbers),
            related=(Label(view.span_of("output", "parameterization"), "reads probabilities"),),
            notes=(note,),
            help=(help,),
            fixes=(fix,),
        )
    ]


_OTHER_RULES = frozenset({"linear", "softmax", "sigmoid", "hard_sigmoid", SUM})


def _has_zeros(numbers: Range) -> bool:
    """Whether these are probabilities, some of them exactly 0."""
    return numbers.least == 0 and numbers.greatest == 1 and numbers.attained


def _are_logarithms(numbers: Range) -> bool:
    """Whether the exponential of each number lies between 0 and 1, and can be anything there."""
    return numbers.greatest == 0 and not numbers.is_bounded_below


def _effect(numbers: Range) -> str:
    if _has_zeros(numbers):
        return "is exactly 0 for some"
    if _are_logarithms(numbers):
        return "produces their logarithms"
    outside = ["negative"] if numbers.least < 0 else []
    outside += ["above 1"] if numbers.greatest > 1 else []
    return f"can be {' or '.join(outside)}" if outside else "does not produce probabilities"
