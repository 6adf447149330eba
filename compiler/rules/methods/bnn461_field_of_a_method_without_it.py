"""BNN461."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path
from bnnc.specs.methods import METHODS, Method

# Each with a method that takes it.
FIELDS = {"norm_multiplier": "sngp", "gaussian_process": "sngp", "pairs": "antithetic"}


@rule("BNN461", needs=("bayesian.method",), severity="warning")
def field_of_a_method_without_it(view: View, report: Report) -> list[Diagnostic]:
    """`norm_multiplier`, `gaussian_process` or `pairs` is set, and no method uses it.

    ## What it does
    Reports `bayesian.norm_multiplier`, `bayesian.gaussian_process` and `bayesian.pairs` if neither
    the section's method nor a layer's own method takes them. Reports the same keys in a layer
    whose own method does not take them.

    ## Why it is bad
    Only `sngp` replaces the last layer by a Gaussian process, only `sngp` and
    `spectral_normalization` bound the norm of kernels, and only `antithetic` has pairs of draws.
    With other methods the setting has no effect.

    ## Example
    ```yaml
    bayesian: {method: flipout, norm_multiplier: 0.9}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: sngp, norm_multiplier: 0.9}
    ```

    ## References
    - Liu et al. 2020, arXiv:2006.10108
    """
    where: list[tuple[Path, str, str]] = []
    for key in FIELDS:
        # The section's value also applies to a layer with its own method but without this key.
        if view.path_of_method(lambda one, key=key: _takes(one, key)) is None:  # type: ignore[misc]
            where.append((("bayesian",), key, view.bayesian.method))
        for one in view.layers:
            own = None if one.section is None else one.section.own_bayesian
            if own is not None and own.method and not _takes(METHODS[own.method], key):
                where.append(((*one.path, "bayesian"), key, own.method))
    return [
        report(
            view.span_of(*path, key),
            f"`{method}` has no `{key}`",
            label="has no effect",
            related=(Label(view.span_of(*path, "method"), f"does not take `{key}`"),),
            help=(f"delete `{key}`, or write `method: {FIELDS[key]}`",),
            fixes=(view.fix_delete(*path, key, safe=True),),
        )
        for path, key, method in where
        if view.is_explicit(*path, key)
    ]


def _takes(method: Method, key: str) -> bool:
    return key in method.fields or key in method.fields_by_place
