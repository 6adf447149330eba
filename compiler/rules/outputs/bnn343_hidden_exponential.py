"""BNN343."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule("BNN343", needs=("output_activation", "layers"))
def hidden_exponential(view: View, report: Report) -> list[Diagnostic]:
    """An exponential inside the stack.

    ## What it does
    Finds `exponential` on a layer whose numbers go into another one. On the last layer it makes
    the rate of a count.

    ## Why it is bad
    The exponential of 89 is more than float32 holds, and the sums of a hidden layer reach 89
    easily: one large pixel, one step too far, and every weight is NaN. Its gradient is as large as
    itself, so that the largest outputs grow the fastest.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: exponential}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: softplus}
      - {type: dense, units: 10}
    ```
    """
    ends = {one.placed.index for one in view.endings}
    return [
        report(
            view.place(*placed.path, "activation"),
            "exponential inside the stack",
            label="overflows float32 at 89",
            notes=("its gradient is as large as itself: the largest outputs grow the fastest",),
            help=("write `softplus`, or `relu`",),
            fixes=(view.setting("write `softplus`", ((*placed.path, "activation"), "softplus")),),
        )
        for placed in view.layers
        if placed.index not in ends and placed.layer.final_activation == "exponential"
    ]
