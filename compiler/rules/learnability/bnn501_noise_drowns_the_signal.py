"""BNN501."""

from math import prod, sqrt

from bnnc.compiler.analysis.initial_variance import (
    NEEDS,
    PosteriorKernel,
    by_place,
    inflation,
    noise_over_signal,
    posterior_kernels,
)
from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import Report, rule
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label

# Variance of the outputs over the part of it that the means give: `benchmarks/thresholds.md`.
LARGEST_INFLATION = 4.0
# What is proposed is the first of these that leaves the noise a tenth of the signal's variance.
PROPOSED = (0.05, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0001)
SHOWN = 4


@rule("BNN501", needs=NEEDS, severity="warning")
def noise_drowns_the_signal(view: View, report: Report) -> list[Diagnostic]:
    """At the start the posterior's noise drowns the signal.

    ## What it does
    Follows signal and noise through the layers before training. Means of He's size give an output
    the variance of its inputs times 2, a standard deviation σ of fan-in weights adds σ² · fan-in:
    in each layer the noise has σ² · fan-in / 2 of the signal's variance, and the factors
    1 + σ² · fan-in / 2 of the layers multiply. The rule finds a product of 4 or more, where three
    quarters of the outputs' variance is noise. A residual block adds the variances of its body and
    of its shortcut, signal to signal and noise to noise: the shortcut brings the signal past the
    noise of the body.

    ## Why it is bad
    Gradients of such outputs point nowhere, and the optimizer has to narrow every posterior before
    the means can learn. Trained as long as with a smaller scale, the model is measurably worse, and
    far above the threshold it stays at chance: `benchmarks/thresholds.md` has the figures.

    ## Example
    ```yaml
    bayesian: {method: flipout, prior: {scale: 1.0}, posterior: {initial_scale: 0.5}}
    ```

    ## Use instead
    ```yaml
    bayesian: {method: flipout, prior: {scale: 1.0}, posterior: {initial_scale: 0.01}}
    ```

    ## References
    - He et al. 2015, arXiv:1502.01852, section 2.2
    """
    everywhere = posterior_kernels(view)
    found = _inflation(view, everywhere)
    if found < LARGEST_INFLATION:
        return []
    # Of several scales, in the section and in layers, the one with the most noise is to blame.
    places = by_place(view, everywhere, "posterior", "initial_scale")
    path = max(places, key=lambda one: _inflation(view, places[one]))
    kernels = places[path]
    scale = kernels[0].scale
    if any(scale > one.bayesian.prior.stddev for one in kernels if _is_fixed(one)):
        return []  # wider than its prior: BNN412 says so, at the same place
    proposed = next(
        (
            one
            for one in PROPOSED
            if _with(view, everywhere, kernels, one) < 1.1 and one <= scale / 2
        ),
        None,
    )
    widest = sorted(kernels, key=lambda one: prod(one.shape[:-1]), reverse=True)[:SHOWN]
    ratios = ", ".join(
        f"{sqrt(noise_over_signal(one.shape, scale)):.2g} in `{one.placed.name}`" for one in widest
    )
    others = f", less in {len(kernels) - SHOWN} more" if len(kernels) > SHOWN else ""
    return [
        report(
            view.place(*path),
            "the posterior's noise drowns the signal: at the start it is "
            f"{_percent(1 - 1 / found)} of the outputs' variance",
            label=f"a standard deviation of {scale:g} in every weight",
            related=tuple(
                Label(view.place(*one.placed.path), f"sums over {prod(one.shape[:-1]):,} of them")
                for one in widest[:1]
            ),
            notes=(f"noise over signal, as standard deviations: {ratios}{others}",),
            help=(
                f"write `initial_scale: {proposed:g}`: the noise is then "
                f"{_percent(1 - 1 / _with(view, everywhere, kernels, proposed))} of the variance",
            )
            if proposed
            else ("write a smaller `initial_scale`",),
            fixes=(
                view.setting(
                    f"write `initial_scale: {proposed:g}`",
                    (path, f"{proposed:g}"),
                ),
            )
            if proposed and all(proposed <= one.bayesian.prior.stddev for one in kernels)
            else (),
        )
    ]


def _inflation(view: View, kernels: tuple[PosteriorKernel, ...]) -> float:
    added = {one.placed.index: noise_over_signal(one.shape, one.scale) for one in kernels}
    return inflation(view.layers, added)


def _with(
    view: View,
    everywhere: tuple[PosteriorKernel, ...],
    changed: tuple[PosteriorKernel, ...],
    scale: float,
) -> float:
    """The inflation if some of the kernels had another scale."""
    places = {one.placed.index for one in changed}
    added = {
        one.placed.index: noise_over_signal(
            one.shape, scale if one.placed.index in places else one.scale
        )
        for one in everywhere
    }
    return inflation(view.layers, added)


def _is_fixed(kernel: PosteriorKernel) -> bool:
    return kernel.bayesian.prior.learned == 0


def _percent(share: float) -> str:
    return "over 99.9 %" if share > 0.999 else f"{100 * share:.2g} %"
