"""BNN413."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.placement import Placed


@rule("BNN413", needs=("bayesian.method",), severity="warning")
def dropout_on_a_posterior(view: View, report: Report) -> list[Diagnostic]:
    """Dropout in a model that has a posterior on its weights.

    ## What it does
    Finds dropout layers with a rate above 0 under a variational method.

    ## Why it is bad
    Both are noise for the same purpose, and they add up: the posterior learns to make up for the
    dropped units, dropout is off at prediction, and the uncertainty that was learnt no longer
    fits.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dropout, rate: 0.5}
      - {type: dense, units: 10}
    bayesian: {method: flipout}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    bayesian: {method: flipout}
    ```
    """
    path = view.path_of_posterior
    if path is None:
        return []
    return [
        report(
            view.place(*placed.path),
            "dropout on top of a posterior on the weights",
            label="off at prediction",
            related=(Label(view.place(*path), "noise of its own"),),
            notes=("predictions draw weights, and drop nothing: they are of another model",),
            help=(
                "leave the dropout out, or write `method: mc_dropout`, or, to have it at prediction "
                "too, `bayesian: {method: mc_dropout}` in the layer",
            ),
        )
        for placed in view.layers
        if placed.section is not None and placed.section.drops
        if getattr(placed.section, "rate", 0) > 0 and not _stays_active(view, placed)
    ]


def _stays_active(view: View, placed: Placed) -> bool:
    if view.has("layers") and view.has("bayesian"):
        return placed.index in view.bayesian_sections
    own = placed.layer.own_bayesian
    return own is not None and own.method is not None and placed.layer.carries(own.method)
