"""BNN305."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.over_classes import OverClasses


@rule(
    "BNN305",
    needs=("output_activation", "output.distribution", "output.parameterization", "output.classes"),
)
def sigmoid_output_read_as_class_probs(view: View, report: Report) -> list[Diagnostic]:
    """Sigmoid outputs are read as the probabilities of exclusive classes.

    ## What it does
    Finds `sigmoid` and `hard_sigmoid` with `parameterization: probs` of `categorical` or
    `one_hot_categorical`. Also finds `hard_sigmoid` as the probability of a yes-or-no label.

    ## Why it is bad
    Each sigmoid is a separate yes-or-no probability, so the numbers do not sum to 1. The
    log-likelihood then rewards a model that predicts every class: with all ten outputs near 1, an
    unnormalised loss is near 0, although the model has learned nothing. A hard sigmoid can output a
    probability of exactly 0, which has an infinite loss and no gradient.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, activation: sigmoid}
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
    output = view.output
    if activation not in {"sigmoid", "hard_sigmoid"} or output.numbers != "probs":
        return []
    if not isinstance(output, OverClasses):
        if activation == "sigmoid":
            return []
        return [
            report(
                view.span_of(*path),
                "a hard_sigmoid output is read as a probability",
                label="is exactly 0 below -3 and 1 above 3",
                related=(Label(view.span_of("output", "parameterization"), "reads a probability"),),
                notes=("a probability of exactly 0 has an infinite loss and no gradient",),
                help=("write `activation: sigmoid`",),
                fixes=(view.fix_set("write `sigmoid`", (path, "sigmoid")),),
            )
        ]
    if output.classes == 1:  # BNN318 suggests a yes-or-no output
        return []
    if view.shares_of_several_branches:  # BNN350
        return []
    return [
        report(
            view.span_of(*path),
            f"{activation} outputs are read as the probabilities of {output.classes} classes",
            label="each is a separate yes-or-no probability",
            related=(Label(view.span_of("output", "distribution"), "one class of several"),),
            notes=("the probabilities of exclusive classes sum to 1; sigmoid outputs do not",),
            help=(
                "write `activation: softmax`, or delete the activation and write "
                "`parameterization: logits`",
            ),
            fixes=(view.fix_set("write `softmax`", (path, "softmax")),),
        )
    ]
