"""BNN303."""

from bnnc.compiler.analysis.output_branches import SUM
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.output import OverClasses


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
    note = "logits are any real numbers; what bends them takes classes out of reach"
    label, reason = (
        _EFFECTS.get(activation, "bends the logits"),
        "logits come out of a linear layer",
    )
    if activation == "log_softmax" and isinstance(view.output, OverClasses):
        note = "log-probabilities are logits: the softmax of a log_softmax is the softmax itself"
        label, reason = "takes it twice", "under `logits` the loss has the log-softmax in it"
    return [
        report(
            view.place(*path),
            f"{activation} output is read as logits",
            label=label,
            related=(Label(view.place("output", "parameterization"), "reads logits"),),
            notes=(note,),
            help=(f"{view.deleting_output_activation}: {reason}",),
            fixes=(view.deleting_fix(),),
        )
    ]


_OTHER_RULES = frozenset({"linear", "softmax", "sigmoid", "hard_sigmoid", SUM})
_EFFECTS = {
    "relu": "cuts off every negative logit, and its gradient",
    "relu6": "keeps logits within [0, 6]",
    "tanh": "keeps logits within [-1, 1]",
    "hard_tanh": "keeps logits within [-1, 1]",
    "softsign": "keeps logits within [-1, 1]",
    "sparse_sigmoid": "keeps logits within [0, 1]",
    "sparsemax": "keeps logits within [0, 1]",
    "softplus": "makes every logit positive",
    "squareplus": "makes every logit positive",
    "sparse_plus": "makes every logit positive or 0",
    "log_sigmoid": "makes every logit negative",
    "log_softmax": "makes every logit negative",
    "exponential": "makes every logit positive",
}
