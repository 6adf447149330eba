"""BNN203."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.rules.registry import Report, rule
from bnnc.compiler.view import View


@rule("BNN203", needs=("input.shape",))
def map_layer_on_a_row(view: View, report: Report) -> list[Diagnostic]:
    """A convolution or pooling after the map has been flattened.

    ## What it does
    Finds layers that need height and width where there is only a row of features.

    ## Why it is bad
    Flattening forgets which features were neighbours, so there is nothing to convolve over.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: conv2d, filters: 6, kernel_size: 5, activation: relu}
      - {type: flatten}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    ```
    """
    failure = view.shapes.failure
    if failure is None or failure.error.problem != "needs-a-map":
        return []
    flattened_by = max(
        (index for index in range(failure.index) if len(view.shapes.inputs[index]) == 3),
        default=0,
    )
    layer = view.layer(failure.index)
    return [
        report(
            view.place("layers", failure.index, "type"),
            f"`{layer.type}` needs a map, and gets a row of {failure.shape[0]:,} features",
            label="needs [height, width, channels]",
            related=(Label(view.place("layers", flattened_by, "type"), "makes it a row"),),
            notes=("a row has no height and width for it to work on",),
            help=(
                f"move it before layer {flattened_by + 1}, `{view.layer(flattened_by).type}`, or "
                "delete it",
            ),
        )
    ]
