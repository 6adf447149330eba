"""BNN510."""

from math import prod

from bnnc.compiler.analysis.shapes import Step
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.activation import Activation
from bnnc.specs.layers.depthwise_convolution import DepthwiseConvolution
from bnnc.specs.placement import IMAGES, Placed


@rule("BNN510", needs=("input.shape", "layers"), severity="warning")
def linear_layers_in_a_row(view: View, report: Report) -> list[Diagnostic]:
    """Two consecutive layers have no non-linearity between them.

    ## What it does
    Reports a convolution or a dense layer without an activation, if only linear layers (flatten,
    average pooling, batch normalization) come between it and the next one. Two cases are allowed. A
    layer with fewer numbers than both its neighbours is a low-rank factor, as in a bottleneck. A
    depthwise convolution is one half of a separable one.

    ## Why it is bad
    A linear map of a linear map is one linear map. The two layers together can do no more than the
    second one alone, and they have two posteriors that multiply. In bnnc, as in Keras, a layer has
    no activation unless you write one. `benchmarks/thresholds.md` shows what that costs.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    ```
    """
    found: list[Diagnostic] = []
    # By layer: the last layer with a kernel, if only linear layers came after it.
    linear: dict[int, Step | None] = {IMAGES: None}
    for step in view.shapes.steps:
        layer = step.layer
        if step.placed.made:  # a sum, or on the way to it: not one after the other
            linear[step.placed.index] = None
            continue
        first = linear[step.placed.inputs[0]]
        if layer.kernel_initializers and not isinstance(layer, DepthwiseConvolution):
            if first is not None:
                start, middle = prod(first.input), prod(first.output)
                if middle >= min(start, prod(step.output)):
                    found.append(_finding(view, report, first.placed, step.placed))
            first = step if layer.final_activation == "linear" else None
        elif layer.kernel_initializers or not layer.is_linear:
            keeps = isinstance(layer, Activation) and layer.activation == "linear"
            first = first if keeps else None
        linear[step.placed.index] = first
    return found


def _finding(view: View, report: Report, first: Placed, second: Placed) -> Diagnostic:
    path = (*first.path, "activation")
    place = view.span_of(*path) if view.is_explicit(*path) else view.span_of(*first.path, "type")
    return report(
        place,
        "two layers have no non-linearity between them: together they are one linear map",
        label="has no activation",
        related=(Label(view.span_of(*second.path, "type"), "reads its linear outputs"),),
        help=("write `activation: relu`",),
        fixes=(view.fix_set("write `activation: relu`", (path, "relu")),),
    )
