"""BNN471."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path


@rule("BNN471", needs=("layers", "bayesian.method", "bayesian.layers"))
def laplace_before_the_last_layer(view: View, report: Report) -> list[Diagnostic]:
    """The Laplace approximation is asked for of a layer that is not the last.

    ## What it does
    Finds `laplace` where `bayesian.layers` selects, or a layer names it by itself, and the layer is
    not the last one of the model.

    ## Why it is bad
    The posterior is fitted to the last dense layer: there the outputs are linear in the weights,
    and the second derivatives are known from one pass through the data. Of layers before it a
    posterior would be another method, with a matrix as large as the square of all their weights. An
    activation behind the last dense layer stands in that layer.

    ## Example
    ```yaml
    bayesian: {method: laplace, prior: {scale: 0.1}}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: laplace, layers: last, prior: {scale: 0.1}}
    ```

    ## References
    - Daxberger et al. 2021, arXiv:2106.14806, section 3.1
    """
    last = view.layers[-1]
    found: dict[Path, Diagnostic] = {}
    for one in view.layers:
        section = view.bayesian_sections.get(one.index)
        if section is None or not section.applied.last_layer_only or one.index == last.index:
            continue
        path = view.bayesian_path(one, "method")
        selects = len(path) == 2 and last.layer.carries(section.method)
        if selects and view.written("bayesian", "layers"):
            path = ("bayesian", "layers")
        found.setdefault(
            path,
            report(
                view.place(*path),
                f"`{section.method}` of `{one.name}`, which is not the last layer",
                label="applies to the last layer alone",
                related=(Label(view.place(*last.path), "the last layer"),),
                help=(
                    "write `layers: last`"
                    if selects
                    else f"end with the dense layer, and write the activation into it: `{last.name}` "
                    "stands behind it",
                ),
                fixes=(view.setting("write `layers: last`", (("bayesian", "layers"), "last")),)
                if selects
                else (),
            ),
        )
    return list(found.values())
