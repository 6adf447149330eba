"""BNN319."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.rules.registry import Report, rule
from bnnc.compiler.view import View
from bnnc.specs.placement import before


@rule("BNN319", needs=("output_activation",))
def activation_before_the_output_activation(view: View, report: Report) -> list[Diagnostic]:
    """Two activations in a row at the output, with no weights between them.

    ## What it does
    Finds an `activation` layer that ends the stack and whose input comes out of an activation
    already.

    ## Why it is bad
    The second activation gets what the first one has bent or cut off. A softmax of a softmax is
    the double softmax: with 10 classes no class can be given more than p = 0.232. A softmax of a
    `relu` cannot tell two classes apart once both are cut off.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 10, activation: softmax}
      - {type: activation, activation: softmax}
    output: {distribution: categorical, parameterization: probs, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
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
    for placed in before(view.layers, last.index):
        layer = placed.section
        if layer is None:
            return []
        first = layer.final_activation
        if first == "linear":
            return []
        if first is not None:
            place = view.place(*placed.path, "activation")
            what = "the layer" if layer.type == "activation" else f"`activation: {first}`"
            return [
                report(
                    view.place(*path),
                    f"{second} of a {first}: two activations in a row at the output",
                    label="applied to what the first one gives",
                    related=(Label(place, "the first activation"),),
                    notes=(f"what {first} has bent or cut off, {second} cannot bring back",),
                    help=(f"delete {what} on line {place.position[0]}, the first of the two",),
                    fixes=(
                        view.setting(
                            f"make the {first} linear", ((*placed.path, "activation"), "linear")
                        ),
                    ),
                )
            ]
    return []
