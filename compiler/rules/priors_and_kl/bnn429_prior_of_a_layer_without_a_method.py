"""BNN429."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.methods import METHODS


@rule("BNN429", needs=("layers", "bayesian.method", "bayesian.layers"))
def prior_of_a_layer_without_a_method(view: View, report: Report) -> list[Diagnostic]:
    """A layer has its own prior or posterior, and no method applies to it.

    ## What it does
    Reports a layer whose `bayesian` has no method, if the method of the section does not apply to
    the layer either: `bayesian.layers` does not select it, the method works on other layers, or the
    section has no method.

    ## Why it is bad
    The layer would be deterministic, and its prior would have no effect. A prior in a layer shows
    that you expect a posterior there.

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
        if own is None or own.method is not None or not own.explicit_fields:
            continue
        if one.index in view.bayesian_sections:
            continue
        selects = layer.carries(section.method)  # the selection alone leaves it out
        said = ("bayesian", "layers") if selects else ("bayesian", "method")
        why = "does not select it" if selects else "does not apply to it"
        # The section's method if it has a prior; otherwise no method is proposed.
        able = layer.carries(section.method) and bool(section.applied_method.fields)
        way_out = f"write `method: {section.method}` next to it" if able else "delete it"
        path = (*one.path, "bayesian", "method")
        key = next(iter(own.explicit_fields))
        what = "Bayesian bias" if key == "bias" else key
        if not able and any(layer.carries(name) and METHODS[name].fields for name in METHODS):
            way_out = "write a method next to it, such as `method: flipout`"
        found.append(
            report(
                view.span_of(*one.path, "bayesian", key),
                f"the layer `{one.name}` has its own {what}, but no method applies to it",
                label="has no effect",
                related=(Label(view.span_of(*said), why),) if view.is_explicit(*said) else (),
                help=(way_out + ("; or name the layer in `bayesian.layers`" if selects else ""),),
                fixes=(view.fix_set(f"write `method: {section.method}`", (path, section.method)),)
                if able
                else (),
            )
        )
    return found
