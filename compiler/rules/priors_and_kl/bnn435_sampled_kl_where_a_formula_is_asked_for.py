"""BNN435."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path


@rule("BNN435", needs=("layers", "bayesian", "loss.kl.estimator"))
def sampled_kl_where_a_formula_is_asked_for(view: View, report: Report) -> list[Diagnostic]:
    """The KL has no closed form for this prior, and the spec requires one.

    ## What it does
    Reports priors without a closed form, `student_t` and `scale_mixture`, under `loss.kl.estimator:
    closed_form`.

    ## Why it is bad
    There is no formula for the KL of a normal posterior to such a prior. Training estimates it by
    Monte Carlo, which adds noise to the loss. `closed_form` requires a KL without that noise.

    ## Example
    ```yaml
    bayesian: {method: flipout, prior: {distribution: student_t, scale: 0.3}}
    loss: {kl: {estimator: closed_form}}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout, prior: {distribution: laplace, scale: 0.3}}
    loss: {kl: {estimator: closed_form}}
    ```

    ## References
    - Blundell et al. 2015, arXiv:1505.05424
    """
    if view.loss.kl.estimator != "closed_form":
        return []
    asked = ("loss", "kl", "estimator")
    found: dict[Path, Diagnostic] = {}
    for one in view.layers:
        section = view.bayesian_sections.get(one.index)
        if section is None or not section.applied_method.has_kl or not section.prior.kl_is_sampled:
            continue
        path = view.bayesian_path(one, "prior", "distribution")
        found[path] = report(
            view.span_of(*path),
            f"the KL to a `{section.prior.distribution}` prior has no closed form",
            label="its KL is sampled in training",
            related=(Label(view.span_of(*asked), "requires a closed form"),),
            help=("write `estimator: auto`, or a normal or Laplace prior",),
            fixes=(view.fix_set("write `estimator: auto`", (asked, "auto")),),
        )
    return list(found.values())
