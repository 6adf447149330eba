"""BNN323."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.activations import OVER_CHANNELS
from bnnc.specs.layers.layer import LayerSection


@rule("BNN323", needs=("input.shape", "layers", "output_activation"), severity="error")
def softmax_over_one_channel(view: View, report: Report) -> list[Diagnostic]:
    """A hidden softmax over a single unit or channel is constant.

    ## What it does
    Finds `softmax`, `sparsemax` and `log_softmax` on a hidden layer whose output has one unit or
    one channel. The rule `softmax-over-one-unit` checks the last layer.

    ## Why it is bad
    A softmax divides by the sum over the channels. With one channel, the sum is the channel itself:
    the output is 1 everywhere, its logarithm is 0, and its gradient is 0. The layers before it
    never learn.

    ## Example
    ```yaml
    layers:
      - {type: conv2d, filters: 1, kernel_size: 3, activation: softmax}
      - {type: flatten}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: conv2d, filters: 1, kernel_size: 3, activation: sigmoid}
      - {type: flatten}
      - {type: dense, units: 10}
    ```
    """
    ends = {one.placed.index for one in view.output_branches}
    return [
        report(
            view.span_of(*step.placed.path, "activation"),
            f"`{step.layer.final_activation}` over one channel is always {_always(step.layer)}",
            label=f"outputs {_always(step.layer)} everywhere",
            notes=("its gradient is 0, so no weight before it ever changes",),
            help=("write `activation: sigmoid`, or another activation",),
        )
        for step in view.shapes.steps
        if step.placed.index not in ends
        and step.layer.final_activation in OVER_CHANNELS
        and step.output[-1] == 1
    ]


def _always(layer: LayerSection) -> int:
    return 0 if layer.final_activation == "log_softmax" else 1
