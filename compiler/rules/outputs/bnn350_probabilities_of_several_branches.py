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
    """The probabilities of exclusive classes come from several branches.

    ## What it does
    Finds `parameterization: probs` of `categorical` or `one_hot_categorical` if the output is a
    concatenation of branches.

    ## Why it is bad
    A softmax divides by the sum over its channels. In a branch, these are only a part of the
    classes: the probabilities of each of two branches sum to 1, and together they sum to 2. The
    probabilities of one half of the classes then do not depend on the other half, and the loss is
    not a likelihood.

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
    if not view.shares_of_several_branches or view.output_branch is not view.output_branches[0]:
        return []
    first, *others = view.output_branches
    bent = [one for ending in view.output_branches for one in ending.terms or (ending,)]
    changes = {one.path: "linear" for one in bent if one.activation != "linear"}
    return [
        report(
            view.span_of(*first.path) if changes else view.span_of(*first.placed.path),
            f"the probabilities of {view.output.width} classes come from {len(view.output_branches)} separate "
            "branches",
            label="sums to 1 within the branch"
            if first.activation != SUM and first.numbers.sums_to_one
            else "does not depend on the other branches",
            related=(
                *(Label(view.span_of(*one.path), "another branch") for one in others),
                Label(view.span_of("output", "parameterization"), "reads probabilities"),
            ),
            notes=(
                "probabilities must sum to 1 over all classes, but a branch contains only some of them",
            ),
            help=(
                "write `parameterization: logits` and no activation in the branches, or put "
                "`- {type: activation, activation: softmax}` after them instead",
            ),
            fixes=(
                view.fix_set(
                    "read the output as logits, with no activation in the branches",
                    (("output", "parameterization"), "logits"),
                    *changes.items(),
                ),
            ),
        )
    ]
