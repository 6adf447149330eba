"""BNN319."""

from bnnc.compiler.analysis.output_branches import output_branches
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.activation import Activation
from bnnc.specs.placement import IMAGES


@rule("BNN319", needs=("output_activation",))
def activation_before_the_output_activation(view: View, report: Report) -> list[Diagnostic]:
    """The output has two activations in a row, without weights between them.

    ## What it does
    Finds an `activation` layer at the end of the model whose input is already the output of an
    activation.

    ## Why it is bad
    The second activation only sees the output of the first. A softmax of a softmax is the double
    softmax: with 10 classes, no class can have a probability above 0.232. A softmax of a `relu`
    cannot distinguish two classes whose inputs to the `relu` are both negative.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10, activation: softmax}
      - {type: activation, activation: softmax}
    output: {distribution: categorical, parameterization: probs, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
      - {type: activation, activation: softmax}
    output: {distribution: categorical, parameterization: probs, classes: 10, labels: integer}
    ```
    """
    second, path = view.output_activation
    last = view.output_layer
    if second == "linear" or last.layer.type != "activation":
        return []
    (index,) = last.inputs
    if index == IMAGES:
        return []
    before = [
        each
        for one in output_branches(view.layers, view.layers[index])
        for each in one.terms or (one,)
    ]
    bent = [one for one in before if one.activation != "linear"]
    if not bent or not all(one.is_known for one in before):
        return []
    first = bent[0]
    place = view.span_of(*first.path)
    own = isinstance(first.placed.section, Activation) and not first.placed.made
    what = "the layer" if own else f"`activation: {first.activation}`"
    which = "the first of the two activations" if len(bent) == 1 else "in every branch"
    return [
        report(
            view.span_of(*path),
            f"the output has two activations in a row: `{second}` of `{first.activation}`",
            label="applied to the output of the first activation",
            related=tuple(
                Label(
                    view.span_of(*one.path), "the first activation" if one is first else "and here"
                )
                for one in bent
            ),
            notes=(
                f"`{second}` cannot restore what `{first.activation}` has clipped or compressed",
            ),
            help=(f"delete {what} on line {place.position[0]}, {which}",),
            fixes=(
                view.fix_set(
                    f"write `linear` instead of `{first.activation}`", (first.path, "linear")
                ),
            ),
        )
    ]
