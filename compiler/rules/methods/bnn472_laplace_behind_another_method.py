"""BNN472."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path


@rule("BNN472", needs=("layers", "bayesian.method", "bayesian.layers"))
def laplace_behind_another_method(view: View, report: Report) -> list[Diagnostic]:
    """The Laplace approximation follows layers that another method makes random.

    ## What it does
    Reports `laplace` on one layer and a method with randomness, or with members, on another layer.

    ## Why it is bad
    bnnc fits the posterior of the last layer around the weights of a deterministic training, for
    the features that the layers before it give. If these features are random there is no such
    point, and the fit would use a single draw of them.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, bayesian: {method: laplace, prior: {scale: 0.1}}}
    bayesian: {method: flipout}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10, bayesian: {method: laplace, prior: {scale: 0.1}}}
    bayesian: {method: none}
    ```

    ## References
    - Daxberger et al. 2021, arXiv:2106.14806
    """
    said: dict[bool, Path] = {}
    name = ""
    for one in view.layers:
        section = view.bayesian_sections.get(one.index)
        if section is None:
            continue
        is_meant = section.applied_method.last_layer_only
        if is_meant or section.applied_method.is_random(one.layer):
            said.setdefault(is_meant, view.bayesian_path(one, "method"))
            name = name if is_meant else section.method
    if len(said) < 2:
        return []
    return [
        report(
            view.span_of(*said[True]),
            f"`laplace` comes after layers that `{name}` makes random",
            label="needs features that are not random",
            related=(Label(view.span_of(*said[False]), "makes the features random"),),
            help=("write `method: none` for the other layers, or the same method for all layers",),
        )
    ]
