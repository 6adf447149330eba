"""BNN433."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path
from bnnc.specs.priors import NormalPrior


@rule("BNN433", needs=("layers", "bayesian"))
def location_that_the_method_has_not(view: View, report: Report) -> list[Diagnostic]:
    """The prior has a mean other than 0, and the method needs a mean of 0.

    ## What it does
    Reports `prior.loc` other than 0 for a layer under `concrete_dropout` or `laplace`.

    ## Why it is bad
    Both methods need a normal prior with mean 0: the weights of a dropped unit are 0, and the
    evidence and the posterior of a Laplace approximation use the squares of the weights. The model
    would have another prior than its spec.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    bayesian: {method: laplace, layers: last, prior: {loc: 0.1, scale: 1.0}}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    bayesian: {method: laplace, layers: last, prior: {loc: 0, scale: 1.0}}
    ```
    """
    found: dict[Path, Diagnostic] = {}
    for one in view.layers:
        section = view.bayesian_sections.get(one.index)
        if section is None or not section.applied_method.normal_prior_only:
            continue
        prior, path = section.prior, view.bayesian_path(one, "prior", "loc")
        if not isinstance(prior, NormalPrior) or prior.loc == 0 or path in found:
            continue
        found[path] = report(
            view.span_of(*path),
            f"the prior of `{section.method}` must have mean 0",
            label=f"`{prior.loc}`",
            related=(
                Label(view.span_of(*view.bayesian_path(one, "method")), "allows no other mean"),
            ),
            help=("write `loc: 0`, or a method with a posterior on kernels",),
            fixes=(view.fix_set("write `loc: 0`", (path, "0")),),
        )
    return list(found.values())
