"""BNN413."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.specs.placement import Placed


@rule("BNN413", needs=("bayesian.method",), severity="warning")
def dropout_on_a_posterior(view: View, report: Report) -> list[Diagnostic]:
    """A model with a posterior on its weights also has dropout.

    ## What it does
    Reports dropout layers with a rate above 0 under a variational method.

    ## Why it is bad
    Both add noise for the same purpose, and the noise adds up. In training, the posterior adapts to
    the dropped units. At prediction dropout is off, so the learned uncertainty no longer fits.

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
            view.span_of(*placed.path),
            "the model has both dropout and a posterior on its weights",
            label="dropout is off at prediction",
            related=(Label(view.span_of(*path), "adds its own noise"),),
            notes=("predictions draw weights but drop no units, unlike in training",),
            help=(
                "delete the dropout, or write `method: mc_dropout`, or write "
                "`bayesian: {method: mc_dropout}` in the layer to keep it active at prediction",
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
