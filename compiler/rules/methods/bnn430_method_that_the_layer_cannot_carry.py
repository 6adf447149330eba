"""BNN430."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.methods import METHODS, NAMES


@rule("BNN430", needs=("layers",))
def method_that_the_layer_cannot_carry(view: View, report: Report) -> list[Diagnostic]:
    """A layer has a method of its own that cannot apply to it.

    ## What it does
    Checks that a layer with its own `bayesian.method` has what the method needs: a kernel for the
    variational methods, dropped units for `mc_dropout`.

    ## Why it is bad
    A dense layer drops no units, and a dropout layer has no weights to put a posterior on. The
    method would have no effect, and the model would be more certain than you expect.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu, bayesian: {method: mc_dropout}}
      - {type: dense, units: 10}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0.2, bayesian: {method: mc_dropout}}
      - {type: dense, units: 10}
    ```
    """
    found: list[Diagnostic] = []
    for one in view.layers:
        layer = one.layer
        method = None if layer.own_bayesian is None else layer.own_bayesian.method
        if method is None or method == "none" or layer.carries(method):
            continue
        able = ", ".join(f"`{name}`" for name in NAMES if layer.carries(name))
        found.append(
            report(
                view.span_of(*one.path, "bayesian", "method"),
                f"`{method}` cannot apply to a layer of type `{layer.type}`",
                label=f"needs {METHODS[method].needs}",
                related=(Label(view.span_of(*one.path, "type"), "this layer"),),
                help=(f"delete it, or write a method that can apply: {able}",),
            )
        )
    return found
