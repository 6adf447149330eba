"""BNN237."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.layers.backbone import Backbone


@rule("BNN237", needs=("layers", "bayesian"), severity="warning")
def posterior_of_all_layers_but_the_backbone(view: View, report: Report) -> list[Diagnostic]:
    """`layers: all` does not include the backbone, which cannot have a posterior.

    ## What it does
    Finds `layers: all` in `bayesian` if the spec has a `backbone` and the method puts a posterior
    on kernels.

    ## Why it is bad
    The layers of a backbone are Keras's own layers, and they are deterministic. `all` therefore
    means the layers after the backbone. If there is only one, it is a last-layer posterior, which
    gives less uncertainty than the word suggests. Naming the layers gives the same model and says
    what it is.

    ## Example
    ```yaml
    input: {shape: [32, 32, 3]}
    layers:
      - {type: backbone, application: MobileNetV2, weights: none, pooling: avg}
      - {type: dense, units: 10, name: head}
    bayesian: {method: flipout, layers: all}
    ```

    ## Use instead
    ```yaml
    input: {shape: [32, 32, 3]}
    layers:
      - {type: backbone, application: MobileNetV2, weights: none, pooling: avg}
      - {type: dense, units: 10, name: head}
    bayesian: {method: flipout, layers: last}
    ```
    """
    layer = next((one for one in view.layers if isinstance(one.section, Backbone)), None)
    if layer is None or view.bayesian.layers != "all" or not view.is_explicit("bayesian", "layers"):
        return []
    if not view.bayesian.applied_method.posterior_of_kernel:
        return []
    names = [view.layers[index].name for index in view.bayesian_sections]
    if not names:
        return []
    listed = "[" + ", ".join(names) + "]"
    return [
        report(
            view.span_of("bayesian", "layers"),
            "the backbone cannot have a posterior: `all` means only the layers after it",
            label="does not include the backbone",
            related=(Label(view.span_of(*layer.path, "type"), "is deterministic"),),
            help=(f"write `layers: {'last' if len(names) == 1 else listed}`",),
        )
    ]
