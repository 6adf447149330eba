"""BNN301."""

from math import e, log

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.over_classes import OverClasses


@rule(
    "BNN301",
    needs=("output_activation", "output.distribution", "output.parameterization", "output.classes"),
)
def softmax_output_read_as_logits(view: View, report: Report) -> list[Diagnostic]:
    """A softmax output is read as logits: the softmax is applied twice.

    ## What it does
    Looks at the activation that the last layer's numbers come out of, and at
    `output.parameterization`.

    ## Why it is bad
    Probabilities lie in [0, 1], so as logits they differ by at most 1. With 10 classes the cross-entropy
    cannot fall below 1.461 nats, and no class can be given more than p = 0.232. The model
    runs, the loss falls a little and stays. Nothing raises an error.

    The same happens in `tfp.distributions.Categorical(logits=softmax(x))`, which is often passed
    on as a cure for other errors.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, activation: softmax}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    ```

    ## References
    - TensorFlow Probability, `tfp.distributions.Categorical`
    - Keras, `keras.losses.CategoricalCrossentropy(from_logits=...)`
    """
    activation, path = view.output_activation
    output = view.output
    if activation != "softmax" or output.numbers != "logits":
        return []
    if not isinstance(output, OverClasses) or output.classes == 1:  # one class: BNN318
        return []
    if "probs" not in output.activations:
        return [_of_a_relaxed_distribution(view, report)]
    # Of several branches, probabilities of all classes do not come: BNN350.
    probs = "" if len(view.endings) > 1 else ", or set `parameterization: probs`"
    floor = log(e + output.classes - 1) - 1
    most = e / (e + output.classes - 1)
    return [
        report(
            view.place(*path),
            "softmax output is read as logits",
            label="produces probabilities",
            related=(Label(view.place("output", "parameterization"), "reads logits"),),
            notes=(
                f"softmax is applied twice; with {output.classes} classes the loss cannot fall below "
                f"{floor:.3f} nats, and no class can be given more than p = {most:.3f}",
            ),
            help=(view.deleting_output_activation + probs,),
            fixes=(view.deleting_fix(),),
        )
    ]


def _of_a_relaxed_distribution(view: View, report: Report) -> Diagnostic:
    """A density has no floor of its own, and there are no probabilities to read instead."""
    return report(
        view.place(*view.output_activation[1]),
        "softmax output is read as logits",
        label="produces probabilities",
        related=(Label(view.place("output", "parameterization"), "reads logits"),),
        notes=("softmax is applied twice: no class can be far ahead of another",),
        help=(view.deleting_output_activation,),
        fixes=(view.deleting_fix(),),
    )
