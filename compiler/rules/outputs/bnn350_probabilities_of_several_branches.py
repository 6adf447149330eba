"""BNN350."""

from bnnc.compiler.analysis.output_branches import SUM
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule(
    "BNN350",
    needs=("output_activation", "output.distribution", "output.parameterization", "output.classes"),
)
def probabilities_of_several_branches(view: View, report: Report) -> list[Diagnostic]:
    """The probabilities of exclusive classes are put together from several branches.

    ## What it does
    Finds `parameterization: probs` of `categorical` or `one_hot_categorical` on the numbers of
    branches that are concatenated.

    ## Why it is bad
    A softmax divides by the sum over the channels that it sees. In a branch these are a part of
    the classes: two branches give probabilities that sum to 1 each, and to 2 together. What such a
    model has learnt of one half of the classes says nothing of the other, and its loss is no
    likelihood.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - type: parallel
        branches:
          - [{type: dense, units: 5, activation: softmax}]
          - [{type: dense, units: 5, activation: softmax}]
    output: {distribution: categorical, parameterization: probs, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - type: parallel
        branches:
          - [{type: dense, units: 5}]
          - [{type: dense, units: 5}]
      - {type: activation, activation: softmax}
    output: {distribution: categorical, parameterization: probs, classes: 10, labels: integer}
    ```
    """
    if not view.shares_of_several_branches or view.ending is not view.endings[0]:
        return []
    first, *others = view.endings
    bent = [one for ending in view.endings for one in ending.terms or (ending,)]
    changes = {one.path: "linear" for one in bent if one.activation != "linear"}
    return [
        report(
            view.place(*first.path) if changes else view.place(*first.placed.path),
            f"the probabilities of {view.output.width} classes are put together from "
            f"{len(view.endings)} branches",
            label="sums to 1 by itself"
            if first.activation != SUM and first.numbers.sums_to_one
            else "does not know the other branches' numbers",
            related=(
                *(Label(view.place(*one.path), "beside this") for one in others),
                Label(view.place("output", "parameterization"), "reads probabilities"),
            ),
            notes=("probabilities sum to 1 over all classes, and a branch sees a part of them",),
            help=(
                "set `parameterization: logits` with no activation in the branches, or put "
                "`- {type: activation, activation: softmax}` behind them instead",
            ),
            fixes=(
                view.setting(
                    "read the output as logits, with no activation in the branches",
                    (("output", "parameterization"), "logits"),
                    *changes.items(),
                ),
            ),
        )
    ]
