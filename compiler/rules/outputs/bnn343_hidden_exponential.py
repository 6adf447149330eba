"""BNN343."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic


@rule("BNN343", needs=("output_activation", "layers"))
def hidden_exponential(view: View, report: Report) -> list[Diagnostic]:
    """A hidden layer has the activation `exponential`.

    ## What it does
    Finds `exponential` on a hidden layer. On the last layer, it makes the rate of a count.

    ## Why it is bad
    The exponential of 89 is larger than float32 can represent, and the input of a hidden activation
    easily reaches 89. One large pixel or one step that is too large makes every weight NaN. The
    gradient equals the output, so the largest outputs grow fastest.

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
    ends = {one.placed.index for one in view.output_branches}
    return [
        report(
            view.span_of(*placed.path, "activation"),
            "a hidden layer has the activation `exponential`",
            label="overflows float32 for inputs of 89 or more",
            notes=("its gradient equals its output, so the largest outputs grow fastest",),
            help=("write `softplus`, or `relu`",),
            fixes=(view.fix_set("write `softplus`", ((*placed.path, "activation"), "softplus")),),
        )
        for placed in view.layers
        if placed.index not in ends and placed.layer.final_activation == "exponential"
    ]
