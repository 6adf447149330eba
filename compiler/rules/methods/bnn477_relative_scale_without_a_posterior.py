"""BNN477."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN477", needs=("bayesian.method", "training.initialize_from"), severity="warning")
def relative_scale_without_a_posterior(view: View, report: Report) -> list[Diagnostic]:
    """`relative_scale` is set, and no method learns standard deviations.

    ## What it does
    Reports `training.initialize_from.relative_scale` if neither the section's method nor a layer's
    own method has a posterior with standard deviations.

    ## Why it is bad
    The model takes the weights of the run without a posterior around them: the setting has no
    effect.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dropout, rate: 0.1}
      - {type: dense, units: 10}
    bayesian: {method: mc_dropout}
    training: {initialize_from: {run: runs/deterministic, relative_scale: 0.1}}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 84, activation: relu}
      - {type: dense, units: 10}
    bayesian: {method: flipout}
    training: {initialize_from: {run: runs/deterministic, relative_scale: 0.1}}
    ```

    ## References
    - Krishnan, Subedar and Tickoo 2020, arXiv:1906.05323
    """
    section = view.training.initialize_from
    if section is None or section.relative_scale is None:
        return []
    # The factors of `rank_1` have standard deviations, but BNN479 reports this combination.
    if view.path_of_method(lambda one: one.learns_scales) is not None:
        return []
    path = ("training", "initialize_from", "relative_scale")
    return [
        report(
            view.span_of(*path),
            f"`{view.bayesian.method}` learns no standard deviations",
            label="has no effect",
            related=(
                Label(
                    view.span_of("bayesian", "method"), "has no posterior with standard deviations"
                ),
            )
            if view.is_explicit("bayesian", "method")
            else (),
            help=("delete `relative_scale`, or write a method such as `flipout`",),
            fixes=(view.fix_delete(*path, safe=True),),
        )
    ]
