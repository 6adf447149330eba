"""BNN412."""

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.text.tree import Path
from bnnc.specs.bayesian import Bayesian

_POSTERIOR = ("bayesian", "posterior", "initial_scale")
_PRIOR = ("bayesian", "prior", "scale")


@rule(
    "BNN412",
    needs=(
        "bayesian.method",
        "bayesian.layers",
        "bayesian.prior",
        "bayesian.posterior",
    ),
    severity="warning",
)
def posterior_wider_than_prior(view: View, report: Report) -> list[Diagnostic]:
    """The posterior starts wider than its prior.

    ## What it does
    Compares `posterior.initial_scale` with the prior's standard deviation.

    ## Why it is bad
    A posterior combines the prior with the data, so it is narrower than the prior. If it starts
    wider, its noise hides the signal until the KL has made the posterior narrower, and those epochs
    are lost.

    ## Example
    ```yaml
    bayesian: {method: flipout, prior: {scale: 0.05}, posterior: {initial_scale: 0.2}}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout, prior: {scale: 0.05}, posterior: {initial_scale: 0.01}}
    ```
    """
    found: list[Diagnostic] = []
    for (posterior_path, prior_path), bayesian in _said(view).items():
        scale, prior = bayesian.posterior.initial_scale, bayesian.prior.stddev
        if not bayesian.prior.learned and scale > prior:
            found.append(_finding(view, report, posterior_path, prior_path, scale, prior))
    return found


def _said(view: View) -> dict[tuple[Path, Path], Bayesian]:
    """What holds for the layers with a posterior, by the two places that say it."""
    if not view.has("layers"):
        known = view.bayesian.applied_method.posterior_of_kernel
        return {(_POSTERIOR, _PRIOR): view.bayesian} if known else {}
    return {
        (view.bayesian_path(one, *_POSTERIOR[1:]), view.bayesian_path(one, *_PRIOR[1:])): section
        for one in view.layers
        if (section := view.bayesian_sections.get(one.index)) is not None
        and section.applied_method.posterior_of_kernel
    }


def _finding(
    view: View, report: Report, posterior_path: Path, prior_path: Path, scale: float, prior: float
) -> Diagnostic:
    return report(
        view.span_of(*posterior_path),
        f"the posterior starts wider than its prior: {scale:g} is larger than {prior:.3g}",
        label="the standard deviation of the posterior",
        related=(Label(view.span_of(*prior_path), "the standard deviation of the prior"),),
        notes=("its noise hides the signal until the KL has made the posterior narrower",),
        help=(
            f"write `initial_scale: {0.01 if prior > 0.01 else prior / 10:g}`, which is below the "
            "scale of the prior, or a wider prior",
        ),
        fixes=(
            view.fix_set(
                "write `initial_scale: 0.01`",
                (posterior_path, "0.01"),
            ),
        )
        if prior > 0.01
        else (),
    )
