"""BNN403."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.specs.layers import LayerSection
from bnnc.specs.methods import METHODS


@rule("BNN403", needs=("layers", "bayesian.method"))
def no_layer_can_be_bayesian(view: View, report: Report) -> list[Diagnostic]:
    """A Bayesian method has no layer that it can apply to.

    ## What it does
    Reports `mc_dropout` in a model without dropout layers, and variational methods in a model
    without kernels.

    ## Why it is bad
    The model would be deterministic without any message: every prediction would be the same, and
    the mutual information would be 0 everywhere.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    bayesian: {method: mc_dropout}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0.5}
      - {type: dense, units: 10}
    bayesian: {method: mc_dropout}
    ```
    """
    method = view.bayesian.method
    able = [one.layer for one in view.layers if one.layer.carries(method)]
    if method == "none" or any(_takes(layer, method) for layer in able):
        return []
    note = "the model would be deterministic, and its mutual information 0"
    if able:
        note = "every layer that it can apply to has its own method"
    return [
        report(
            view.span_of("bayesian", "method"),
            f"`{method}` has no layer to apply to",
            label=f"needs {METHODS[method].needs}",
            notes=(note,),
            help=("write `method: none`",)
            if able
            else (f"{METHODS[method].remedy}, or write `method: none`",),
        )
    ]


def _takes(layer: LayerSection, method: str) -> bool:
    own = layer.own_bayesian
    return own is None or own.method in {None, method}
