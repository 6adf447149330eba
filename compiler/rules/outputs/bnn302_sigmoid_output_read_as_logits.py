"""BNN302."""

from math import e, log

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.over_classes import OverClasses


@rule(
    "BNN302",
    needs=("output_activation", "output.distribution", "output.parameterization", "output.classes"),
)
def sigmoid_output_read_as_logits(view: View, report: Report) -> list[Diagnostic]:
    """A sigmoid output is read as logits: it is squashed twice.

    ## What it does
    Finds `sigmoid` and `hard_sigmoid` as output activation with `parameterization: logits`.

    ## Why it is bad
    A sigmoid outputs numbers from 0 to 1. As the logit of a `bernoulli`, they mean probabilities
    from 0.5 to 0.731: the model can never predict 0. As the logits of several classes, they allow
    one class to be at most 2.72 times as probable as another.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1, activation: sigmoid}
    output: {distribution: bernoulli, parameterization: logits, labels: binary}
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
    activation, path = view.output_activation
    if activation not in {"sigmoid", "hard_sigmoid"} or view.output.numbers != "logits":
        return []
    if isinstance(view.output, OverClasses) and view.output.classes > 1:
        note = (
            "with logits between 0 and 1, a class is at most 2.72 times as probable as another; with "
            f"{view.output.classes} classes, the loss is at least "
            f"{log(e + view.output.classes - 1) - 1:.3f} nats"
        )
        help = view.text_without_output_activation
        if "probs" not in view.output.activations:
            note = (
                "with logits between 0 and 1, a class is at most 2.72 times as probable as another"
            )
    else:
        note = "a logit between 0 and 1 means a probability between 0.5 and 0.731: the model can never predict 0"
        help = f"{view.text_without_output_activation}, or set `parameterization: probs`"
        if activation != "sigmoid":
            help += " and write `activation: sigmoid`"
    return [
        report(
            view.span_of(*path),
            f"a {activation} output is read as logits",
            label="outputs numbers from 0 to 1",
            related=(Label(view.span_of("output", "parameterization"), "reads logits"),),
            notes=(note,),
            help=(help,),
            fixes=(view.fix_delete_output_activation(),),
        )
    ]
