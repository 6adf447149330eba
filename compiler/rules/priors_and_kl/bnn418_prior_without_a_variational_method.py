"""BNN418."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path
from bnnc.specs.methods import METHODS


@rule(
    "BNN418",
    needs=("bayesian.method", "bayesian.prior", "bayesian.posterior"),
    severity="warning",
)
def prior_without_a_variational_method(view: View, report: Report) -> list[Diagnostic]:
    """`prior` or `posterior` is set, and no weight has one.

    ## What it does
    Reports `bayesian.prior` and `bayesian.posterior` if no method uses them, for example under
    `method: none` or `mc_dropout`. Reports the same keys in a layer whose own method does not use
    them.

    ## Why it is bad
    Only some methods, such as the variational ones, have a prior or a posterior on kernels. With
    other methods the setting has no effect.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dropout, rate: 0.2}
      - {type: dense, units: 10}
    bayesian:
      method: mc_dropout
      prior: {distribution: normal, scale: 1.0}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dropout, rate: 0.2}
      - {type: dense, units: 10}
    bayesian:
      method: mc_dropout
    ```
    """
    where: list[tuple[Path, str, str]] = []
    for key in ("prior", "posterior"):
        # The section's holds for a layer that has a method of its own, and no prior.
        if view.path_of_method(lambda one, key=key: key in one.fields) is None:  # type: ignore[misc]
            where.append((("bayesian",), key, view.bayesian.method))
        for one in view.layers:
            own = None if one.section is None else one.section.own_bayesian
            if own is not None and own.method and key not in METHODS[own.method].fields:
                where.append(((*one.path, "bayesian"), key, own.method))
    return [
        report(
            view.span_of(*path, key),
            f"`{method}` has no {key} on the weights",
            label="has no effect",
            related=(Label(view.span_of(*path, "method"), f"does not use `{key}`"),),
            help=(f"delete `{key}`, or write a variational method such as `method: flipout`",),
            fixes=(view.fix_delete(*path, key, safe=True),),
        )
        for path, key, method in where
        if view.is_explicit(*path, key)
    ]
