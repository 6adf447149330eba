"""BNN425."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule(
    "BNN425",
    needs=("bayesian.method", "training.posterior_scale_learning_rate_multiplier"),
    severity="warning",
)
def rate_of_scales_without_posterior(view: View, report: Report) -> list[Diagnostic]:
    """Posterior scales have their own learning rate, and there is no posterior.

    ## What it does
    Reports `training.posterior_scale_learning_rate_multiplier` under `method: none` or
    `mc_dropout`.

    ## Why it is bad
    Only the variational methods learn standard deviations. With other methods the setting has no
    effect.

    ## Example
    ```yaml
    bayesian: {method: none}
    training: {posterior_scale_learning_rate_multiplier: 10}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    training: {posterior_scale_learning_rate_multiplier: 10}
    ```
    """
    path = ("training", "posterior_scale_learning_rate_multiplier")
    if view.path_of_method(lambda one: one.learns_scales) is not None or not view.is_explicit(
        *path
    ):
        return []
    return [
        report(
            view.span_of(*path),
            f"`{view.bayesian.method}` has no posterior with learned scales",
            label="has no effect",
            related=(Label(view.span_of("bayesian", "method"), "learns no standard deviations"),)
            if view.is_explicit("bayesian", "method")
            else (),
            help=("delete it, or write a variational method such as `flipout`",),
            fixes=(view.fix_delete(*path, safe=True),),
        )
    ]
