"""BNN429."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.methods import METHODS


@rule("BNN429", needs=("layers", "bayesian.method", "bayesian.layers"))
def prior_of_a_layer_without_a_method(view: View, report: Report) -> list[Diagnostic]:
    """A layer says its own prior or posterior, and no method applies to it.

    ## What it does
    Finds a layer whose `bayesian` names no method, and to which the method of the section does not
    apply either: it is not among `bayesian.layers`, the method works on other layers, or there is
    none.

    ## Why it is bad
    The layer would be deterministic, and its prior would have no effect. Its author believes that
    it has a posterior: a prior of one's own is written down for nothing else.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu, bayesian: {prior: {scale: 0.5}}}
      - {type: dense, units: 10, name: head}
    bayesian: {method: flipout, layers: [head]}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu, bayesian: {method: flipout, prior: {scale: 0.5}}}
      - {type: dense, units: 10, name: head}
    bayesian: {method: flipout, layers: [head]}
    ```
    """
    section = view.bayesian
    found: list[Diagnostic] = []
    for one in view.layers:
        layer, own = one.layer, one.layer.own_bayesian
        if own is None or own.method is not None or not own.said:
            continue
        if one.index in view.bayesian_sections:
            continue
        selects = layer.carries(section.method)  # the selection alone leaves it out
        said = ("bayesian", "layers") if selects else ("bayesian", "method")
        why = "does not select it" if selects else "does not apply to it"
        # The section's method, where it is one with a prior; else the layer is told no method.
        able = layer.carries(section.method) and bool(section.applied.fields)
        way_out = f"write `method: {section.method}` beside it" if able else "delete it"
        path = (*one.path, "bayesian", "method")
        key = next(iter(own.said))
        what = "Bayesian bias" if key == "bias" else key
        if not able and any(layer.carries(name) and METHODS[name].fields for name in METHODS):
            way_out = "write a method beside it, such as `method: flipout`"
        found.append(
            report(
                view.place(*one.path, "bayesian", key),
                f"layer `{one.name}` has a {what} of its own, and no method",
                label="has no effect",
                related=(Label(view.place(*said), why),) if view.written(*said) else (),
                help=(way_out + ("; or name the layer in `bayesian.layers`" if selects else ""),),
                fixes=(view.setting(f"write `method: {section.method}`", (path, section.method)),)
                if able
                else (),
            )
        )
    return found
