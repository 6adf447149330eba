"""BNN326."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.outputs.independent_bernoulli import IndependentBernoulli


@rule(
    "BNN326",
    needs=("output_activation", "output.distribution", "output.parameterization", "output.classes"),
)
def softmax_over_independent_labels(view: View, report: Report) -> list[Diagnostic]:
    """A softmax is applied to labels that do not exclude each other.

    ## What it does
    Finds `softmax` as output activation of `independent_bernoulli`.

    ## Why it is bad
    A softmax makes its outputs sum to 1, so each label takes probability from all others. If two
    labels are present, each can have at most 0.5, and the model cannot predict an image without
    labels. As logits, the outputs predict every label.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, activation: softmax}
    output: {distribution: independent_bernoulli, parameterization: probs, classes: 10, labels: multi_hot}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, activation: sigmoid}
    output: {distribution: independent_bernoulli, parameterization: probs, classes: 10, labels: multi_hot}
    ```
    """
    activation, path = view.output_activation
    output = view.output
    if not isinstance(output, IndependentBernoulli) or activation != "softmax":
        return []
    if output.numbers is None:  # BNN325
        return []
    probs = output.numbers == "probs"
    return [
        report(
            view.span_of(*path),
            f"a softmax over {output.classes} labels that do not exclude each other",
            label="makes the outputs sum to 1",
            related=(
                Label(
                    view.span_of("output", "distribution"), "a yes-or-no probability for each label"
                ),
            ),
            notes=("two labels that are both present would share a probability of 1",),
            help=("write `activation: sigmoid`" if probs else view.text_without_output_activation,),
            fixes=(
                view.fix_set("write `sigmoid`", (path, "sigmoid"))
                if probs
                else view.fix_delete_output_activation(),
            ),
        )
    ]
