"""BNN474."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label


@rule("BNN474", needs=("bayesian.method", "bayesian.hessian"), severity="warning")
def hessian_of_a_method_without_one(view: View, report: Report) -> list[Diagnostic]:
    """`bayesian.hessian` is set, and no method uses it.

    ## What it does
    Reports `bayesian.hessian` if neither the section's method nor a layer's own method is
    `laplace`.

    ## Why it is bad
    The other methods learn their posterior in training: the setting has no effect, and you may
    believe that a posterior is fitted after training.

    ## Example
    ```yaml
    bayesian: {method: flipout, hessian: full}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout}
    ```
    """
    if not view.is_explicit("bayesian", "hessian"):
        return []
    if view.path_of_method(lambda one: "hessian" in one.fields) is not None:
        return []
    return [
        report(
            view.span_of("bayesian", "hessian"),
            f"`{view.bayesian.method}` has no Hessian",
            label="has no effect",
            related=(Label(view.span_of("bayesian", "method"), "fits nothing after training"),),
            help=("delete `hessian`, or write `method: laplace` and `layers: last`",),
            fixes=(view.fix_delete("bayesian", "hessian", safe=True),),
        )
    ]
