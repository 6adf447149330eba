"""BNN509."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.placement import with_kernel_behind


@rule("BNN509", needs=("input.shape", "layers"), severity="warning")
def softmax_in_a_hidden_layer(view: View, report: Report) -> list[Diagnostic]:
    """A hidden layer has a softmax.

    ## What it does
    Reports `activation: softmax`, over more than one channel, on a layer that another layer with a
    kernel follows.

    ## Why it is bad
    The units of a softmax sum to 1: one unit can be large only if the others are small. Before
    training each unit is about 1 / units, and its gradient is as small. On the embedded digits, 64
    such units reach an NLL of 1.02 nats per row in five epochs, and 0.13 with relu. Attention needs
    shares that sum to 1; a layer of features does not.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: softmax}
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
    read = with_kernel_behind(view.layers)
    kernels = [one for one in view.layers if one.layer.has_kernel]
    found: list[Diagnostic] = []
    for step in view.shapes.steps:
        placed, channels = step.placed, step.output[-1]
        softmax = step.layer.final_activation == "softmax" and channels > 1
        if not softmax or placed.index not in read:
            continue
        path = (*placed.path, "activation")
        following = next(one for one in kernels if one.index > placed.index)
        found.append(
            report(
                view.span_of(*path),
                f"a softmax in a hidden layer forces its {channels:,} channels to sum to 1",
                label=f"each channel is about {1 / channels:.2g}",
                related=(Label(view.span_of(*following.path, "type"), "reads these channels"),),
                help=("write `activation: relu`",),
                fixes=(view.fix_set("write `activation: relu`", (path, "relu")),),
            )
        )
    return found
