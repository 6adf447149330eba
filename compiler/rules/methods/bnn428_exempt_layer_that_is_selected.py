"""BNN428."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.selection import selected_layers


@rule("BNN428", needs=("layers", "bayesian.method", "bayesian.layers"))
def exempt_layer_that_is_selected(view: View, report: Report) -> list[Diagnostic]:
    """`bayesian.layers` selects a layer that excludes itself.

    ## What it does
    Reports a layer with `bayesian: {method: none}` that `bayesian.layers` names, or that is the
    last one under `layers: last`. Under `layers: all`, a layer may exclude itself.

    ## Why it is bad
    The two settings contradict each other: the list asks for a posterior on this layer, and the
    layer excludes itself. Whichever of the two bnnc followed, the other would have no effect.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, name: head, bayesian: {method: none}}
    bayesian: {method: flipout, layers: [dense, head]}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, name: head, bayesian: {method: none}}
    bayesian: {method: flipout}
    ```
    """
    selection = view.bayesian.layers
    if selection == "all":
        return []
    found: list[Diagnostic] = []
    chosen = selected_layers(view.bayesian, view.layers)
    for one in view.layers:
        own = one.layer.own_bayesian
        if one.index not in chosen or own is None or own.method != "none":
            continue
        place = view.span_of("bayesian", "layers")
        if not isinstance(selection, str):
            number = next(at for at, name in enumerate(selection) if name in one.selectors)
            place = view.span_of("bayesian", "layers", number)
        found.append(
            report(
                view.span_of(*one.path, "bayesian", "method"),
                f"`bayesian.layers` selects the layer `{one.name}`, which excludes itself",
                label="no method for this layer",
                related=(Label(place, "selects it"),),
                help=(
                    "delete `method: none`, or select other layers: `layers: all` selects every "
                    "layer that does not exclude itself",
                ),
            )
        )
    return found
