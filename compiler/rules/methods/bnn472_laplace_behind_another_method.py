"""BNN472."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path


@rule("BNN472", needs=("layers", "bayesian.method", "bayesian.layers"))
def laplace_behind_another_method(view: View, report: Report) -> list[Diagnostic]:
    """The Laplace approximation stands behind layers that are random by another method.

    ## What it does
    Finds `laplace` on one layer and a method with randomness, or with members, on another.

    ## Why it is bad
    The posterior of the last layer is fitted around the weights that a deterministic training
    found, for the features that the layers before it give. Where those are random there is no such
    point, and the fit would be to one draw of them.

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
        is_meant = section.applied.last_layer_only
        if is_meant or section.applied.is_random(one.layer):
            said.setdefault(is_meant, view.bayesian_path(one, "method"))
            name = name if is_meant else section.method
    if len(said) < 2:
        return []
    return [
        report(
            view.place(*said[True]),
            f"`laplace` behind layers that `{name}` makes random",
            label="fitted around weights that are no random ones",
            related=(Label(view.place(*said[False]), "random features"),),
            help=("write `method: none` for the other layers, or one method for all of them",),
        )
    ]
