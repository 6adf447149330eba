"""BNN306."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN306", needs=("output_activation", "output.distribution", "output.parameterization"))
def softmax_over_one_unit(view: View, report: Report) -> list[Diagnostic]:
    """A softmax over one unit is always 1.

    ## What it does
    Finds `softmax` on the single unit of a `bernoulli`.

    ## Why it is bad
    A softmax divides by the sum over the units. With one unit, the sum is the unit itself: the
    output is 1 for every image, its gradient is 0, and the model never learns. Its accuracy is the
    share of the positive class.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1, activation: softmax}
    output: {distribution: bernoulli, parameterization: probs, labels: binary}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 1, activation: sigmoid}
    output: {distribution: bernoulli, parameterization: probs, labels: binary}
    ```
    """
    activation, path = view.output_activation
    if view.output.numbers is None:  # BNN325
        return []
    if activation != "softmax" or view.output.distribution != "bernoulli":
        return []
    return [
        report(
            view.span_of(*path),
            "a softmax over one unit is always 1",
            label="outputs 1 for every image",
            related=(Label(view.span_of("output", "distribution"), "has one unit"),),
            notes=("its gradient is 0, so no weight ever changes",),
            help=(
                "delete the activation and write `parameterization: logits`, or write "
                "`activation: sigmoid` and `parameterization: probs`",
            ),
            fixes=(
                view.fix_set(
                    "write `sigmoid`, and read it as a probability",
                    (path, "sigmoid"),
                    (("output", "parameterization"), "probs"),
                ),
            ),
        )
    ]
