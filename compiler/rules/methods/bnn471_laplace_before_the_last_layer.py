"""BNN471."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path


@rule("BNN471", needs=("layers", "bayesian.method", "bayesian.layers"))
def laplace_before_the_last_layer(view: View, report: Report) -> list[Diagnostic]:
    """The Laplace approximation is requested for a layer that is not the last.

    ## What it does
    Reports `laplace` on a layer that is not the last one of the model, whether `bayesian.layers`
    selects the layer or the layer has the method itself.

    ## Why it is bad
    bnnc fits the posterior to the last dense layer. There the outputs are linear in the weights,
    and one pass through the data gives the second derivatives. A posterior of earlier layers would
    be another method, with a matrix as large as the square of all their weights. Write an
    activation after the last dense layer into that layer.

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
        if section is None or not section.applied_method.last_layer_only or one.index == last.index:
            continue
        path = view.bayesian_path(one, "method")
        selects = len(path) == 2 and last.layer.carries(section.method)
        if selects and view.is_explicit("bayesian", "layers"):
            path = ("bayesian", "layers")
        found.setdefault(
            path,
            report(
                view.span_of(*path),
                f"`{section.method}` applies to `{one.name}`, which is not the last layer",
                label="can apply to the last layer only",
                related=(Label(view.span_of(*last.path), "the last layer"),),
                help=(
                    "write `layers: last`"
                    if selects
                    else f"end with the dense layer, and write the activation into it: now "
                    f"`{last.name}` comes after it",
                ),
                fixes=(view.fix_set("write `layers: last`", (("bayesian", "layers"), "last")),)
                if selects
                else (),
            ),
        )
    return list(found.values())
