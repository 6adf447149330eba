"""BNN432."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path
from bnnc.specs.priors.scale_mixture import ScaleMixturePrior


@rule("BNN432", needs=("layers", "bayesian"))
def narrow_normal_of_a_mixture_is_not_narrower(view: View, report: Report) -> list[Diagnostic]:
    """The narrow normal of a mixture is not narrower than the wide one.

    ## What it does
    Reports a `scale_mixture` prior whose `narrow_scale` is not below `scale`.

    ## Why it is bad
    With two equal scales the mixture is a single normal prior. Its KL has a closed form, but bnnc
    would estimate it by Monte Carlo. With exchanged scales, `weight` belongs to the other normal
    than documented.

    ## Example
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    bayesian:
      method: flipout
      prior: {distribution: scale_mixture, weight: 0.5, scale: 0.05, narrow_scale: 1.0}
    ```

    ## Use instead
    ```yaml
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
    bayesian:
      method: flipout
      prior: {distribution: scale_mixture, weight: 0.5, scale: 1.0, narrow_scale: 0.05}
    ```

    ## References
    - Blundell et al. 2015, arXiv:1505.05424, section 3.3
    """
    found: dict[Path, Diagnostic] = {}
    for one in view.layers:
        section = view.bayesian_sections.get(one.index)
        if section is None or "prior" not in section.applied_method.fields:
            continue
        prior, path = section.prior, view.bayesian_path(one, "prior")
        if not isinstance(prior, ScaleMixturePrior) or prior.narrow_scale < prior.scale:
            continue
        exchanged = f"scale: {prior.narrow_scale:g}", f"narrow_scale: {prior.scale:g}"
        is_one = prior.narrow_scale == prior.scale
        found[path] = report(
            view.span_of(*path, "narrow_scale"),
            f"the narrow normal of the mixture is {'as wide as' if is_one else 'wider than'} the "
            "wide one",
            label=f"a standard deviation of {prior.narrow_scale:g}",
            related=(Label(view.span_of(*path, "scale"), f"the wide one has {prior.scale:g}"),),
            help=(
                "write a smaller `narrow_scale`, or `distribution: normal` without `weight` and "
                "`narrow_scale`"
                if is_one
                else f"write `{exchanged[0]}` and `{exchanged[1]}`",
            ),
            fixes=()
            if is_one
            else (
                view.fix_set(
                    "exchange the scales",
                    ((*path, "scale"), f"{prior.narrow_scale:g}"),
                    ((*path, "narrow_scale"), f"{prior.scale:g}"),
                ),
            ),
        )
    return list(found.values())
