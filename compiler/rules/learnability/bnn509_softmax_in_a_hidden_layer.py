"""BNN509."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.placement import with_kernel_behind


@rule("BNN509", needs=("input.shape", "layers"), severity="warning")
def softmax_in_a_hidden_layer(view: View, report: Report) -> list[Diagnostic]:
    """A softmax stands in a hidden layer.

    ## What it does
    Finds `activation: softmax`, over more than one channel, on a layer that other kernels follow.

    ## Why it is bad
    The units of a softmax share a sum of 1: one is large only where the others are small, each is
    about 1 / units at the start, and so is its gradient. On the embedded digits, five epochs of 64
    such units end at a likelihood of 1.02 nats a row, and at 0.13 with relu. Attention does want
    shares; a layer of features does not.

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
                view.place(*path),
                f"a softmax in a hidden layer lets its {channels:,} channels share a sum of 1",
                label=f"about {1 / channels:.2g} each",
                related=(Label(view.place(*following.path, "type"), "reads them"),),
                help=("write `activation: relu`",),
                fixes=(view.setting("write `activation: relu`", (path, "relu")),),
            )
        )
    return found
