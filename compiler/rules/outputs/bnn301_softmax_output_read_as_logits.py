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
    Compares the output activation with `output.parameterization`.

    ## Why it is bad
    Probabilities are in [0, 1], so as logits they differ by at most 1. With 10 classes, the
    cross-entropy is at least 1.461 nats, and no class can have a probability above 0.232. The model
    runs, and the loss falls a little and then stays there. There is no error message.

    The same happens in `tfp.distributions.Categorical(logits=softmax(x))`, which is often
    recommended as a solution to other errors.

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
    # Several branches do not give probabilities over all classes: BNN350.
    probs = "" if len(view.output_branches) > 1 else ", or set `parameterization: probs`"
    floor = log(e + output.classes - 1) - 1
    most = e / (e + output.classes - 1)
    return [
        report(
            view.span_of(*path),
            "a softmax output is read as logits",
            label="outputs probabilities",
            related=(Label(view.span_of("output", "parameterization"), "reads logits"),),
            notes=(
                f"the softmax is applied twice; with {output.classes} classes, the loss is at least "
                f"{floor:.3f} nats, and no class can have a probability above {most:.3f}",
            ),
            help=(view.text_without_output_activation + probs,),
            fixes=(view.fix_delete_output_activation(),),
        )
    ]


def _of_a_relaxed_distribution(view: View, report: Report) -> Diagnostic:
    """The finding for a density: it has no lowest loss, and no `probs` parameterization."""
    return report(
        view.span_of(*view.output_activation[1]),
        "a softmax output is read as logits",
        label="outputs probabilities",
        related=(Label(view.span_of("output", "parameterization"), "reads logits"),),
        notes=("the softmax is applied twice, so the classes can hardly differ",),
        help=(view.text_without_output_activation,),
        fixes=(view.fix_delete_output_activation(),),
    )
