"""BNN402."""

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.rules.registry import Report, rule
from bnnc.compiler.view import View
from bnnc.specs.methods import METHODS


@rule("BNN402", needs=("layers", "bayesian.layers", "bayesian.method"))
def layer_cannot_be_bayesian(view: View, report: Report) -> list[Diagnostic]:
    """`bayesian.layers` names a layer that the method cannot apply to.

    ## What it does
    Checks that every named layer has what the method works on: a kernel for the variational
    methods, a dropout layer for `mc_dropout`.

    ## Why it is bad
    A pooling has no weights to put a posterior on, and a dense layer drops no units. The name
    would have no effect, and the model would be surer than its author believes.

    ## Example
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    bayesian: {method: flipout, layers: [flatten]}
    ```

    ## Use instead
    ```yaml
    bnnc: 1
    name: example
    input: {shape: [28, 28, 1]}
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
    bayesian: {method: flipout, layers: [dense_1]}
    ```
    """
    selected, method = view.bayesian.layers, view.bayesian.method
    if isinstance(selected, str) or method == "none":
        return []
    named = {one.name: one for one in reversed(view.layers)}
    wanted = METHODS[method].needs
    able = [name for name, one in named.items() if one.layer.carries(method)]
    found: list[Diagnostic] = []
    for index, name in enumerate(selected):
        if name not in named or named[name].layer.carries(method):
            continue
        own = named[name].layer.own_bayesian
        if own is not None and own.method is not None:
            continue
        placed = named[name]
        found.append(
            report(
                view.place("bayesian", "layers", index),
                f"`{method}` cannot apply to a layer of type `{placed.layer.type}`",
                label=f"needs {wanted}",
                related=(Label(view.place(*placed.path, "type"), "this layer"),),
                help=(f"delete the name, or name {wanted}{_listed(able)}",),
            )
        )
    return found


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in sorted(names)[:5])
    return f": {shown}" + (" and others" if len(names) > 5 else "") if names else ""
