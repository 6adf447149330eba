"""BNN322."""

from math import prod

from bnnc.compiler.analysis.dimensions import global_average_pooling
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.global_pooling import GlobalMaxPooling
from bnnc.specs.layers.pooling import MaxPooling
from bnnc.specs.layers.reshaping import Flatten, Reshape


@rule(
    "BNN322",
    needs=("input.shape", "layers", "output_activation", "output.parameterization"),
    severity="error",
)
def softmax_broken_after_it(view: View, report: Report) -> list[Diagnostic]:
    """Softmax outputs are combined so that they no longer sum to 1.

    ## What it does
    Finds a softmax over the channels of a map, with `parameterization: probs`, that is flattened or
    max-pooled before the output. Also finds dropout after an activation that outputs probabilities
    or rates.

    ## Why it is bad
    A softmax makes the channels of each position sum to 1. Flattened, they sum to the number of
    positions; max-pooled, to at least 1. The distribution would read numbers that are not
    probabilities.

    ## Example
    ```yaml
    layers:
      - {type: conv2d, filters: 10, kernel_size: 28, strides: 1, padding: same, activation: softmax}
      - {type: max_pooling2d, pool_size: 28}
      - {type: flatten}
    output: {distribution: categorical, parameterization: probs, classes: 10, labels: integer}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 10, kernel_size: 28, padding: same, activation: softmax}
      - {type: global_average_pooling2d}
    output: {distribution: categorical, parameterization: probs, classes: 10, labels: integer}
    ```
    """
    activation, path = view.output_activation
    if activation == "linear" or view.output.numbers not in {"probs", "rate"}:
        return []
    if view.shares_of_several_branches:  # BNN350
        return []
    behind = {view.output_layer.index}
    for step in view.shapes.steps:
        layer, shape = step.layer, step.input
        if behind.isdisjoint(step.placed.inputs):
            continue
        behind.add(step.placed.index)
        if getattr(layer, "rate", 0) > 0:
            return [
                report(
                    view.span_of(*step.placed.path),
                    f"after dropout, the {activation} outputs are not {_GIVEN[view.output.parameterization]}",
                    label="sets some numbers to 0, and divides the others by 1 - rate",
                    related=(
                        Label(
                            view.span_of(*path), f"outputs {_GIVEN[view.output.parameterization]}"
                        ),
                    ),
                    help=("move the dropout before the layer that has the activation",),
                )
            ]
        if activation != "softmax":
            continue
        if prod(shape[:-1]) > 1 and isinstance(layer, _BREAKING):
            return [
                report(
                    view.span_of(*step.placed.path, "type"),
                    f"after `{layer.type}`, the softmax outputs no longer sum to 1",
                    label=f"combines {'×'.join(map(str, shape[:-1]))} positions",
                    related=(Label(view.span_of(*path), "sums to 1 at each position"),),
                    help=(
                        f"write `{global_average_pooling(shape)}`, whose means still sum to 1, or "
                        "move the softmax after it",
                    ),
                )
            ]
    return []


_GIVEN = {"probs": "probabilities", "rate": "rates"}
_BREAKING = (Flatten, Reshape, MaxPooling, GlobalMaxPooling)
