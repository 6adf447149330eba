"""BNN303."""

from bnnc.compiler.analysis.activation_effects import effect
from bnnc.compiler.analysis.output_branches import SUM
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.activations import ACTIVATIONS
from bnnc.specs.outputs.over_classes import OverClasses


@rule("BNN303", needs=("output_activation", "output.distribution", "output.parameterization"))
def activation_on_logits(view: View, report: Report) -> list[Diagnostic]:
    """A non-linearity bends or cuts off the logits.

    ## What it does
    Finds activations other than softmax and sigmoid (which have rules of their own) on the numbers
    that `parameterization: logits` reads as logits.

    ## Why it is bad
    Logits are any real numbers. `relu` cuts off the negative half, and where all logits of an
    image are cut to 0 no gradient comes back; `tanh` keeps them within [-1, 1], so that with 10
    classes no class can be given more than p = 0.451. Most other activations make one sign
    impossible or faint.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, activation: relu}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    ```
    """
    activation, path = view.output_activation
    if view.output.numbers != "logits" or activation in _OTHER_RULES:
        return []
    note = (
        "logits can be any real numbers; without some of them, some probabilities are out of reach"
    )
    label = effect(ACTIVATIONS[activation], "logit")
    reason = "logits come out of a linear layer"
    if activation == "log_softmax" and isinstance(view.output, OverClasses):
        note = "log-probabilities are logits: the softmax of a log_softmax is the softmax itself"
        label, reason = "takes it twice", "under `logits` the loss has the log-softmax in it"
    return [
        report(
            view.span_of(*path),
            f"{activation} output is read as logits",
            label=label,
            related=(Label(view.span_of("output", "parameterization"), "reads logits"),),
            notes=(note,),
            help=(f"{view.text_without_output_activation}: {reason}",),
            fixes=(view.fix_delete_output_activation(),),
        )
    ]


_OTHER_RULES = frozenset({"linear", "softmax", "sigmoid", "hard_sigmoid", SUM})
