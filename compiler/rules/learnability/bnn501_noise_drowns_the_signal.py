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
    """Before training, the posterior's noise is larger than the signal.

    ## What it does
    Follows signal and noise through the layers before training. The means of a kernel have He's
    size: they give an output 2 times the variance of its inputs. A standard deviation σ on fan-in
    weights adds σ² · fan-in. In each layer the variance of the noise is therefore σ² · fan-in / 2
    times the variance of the signal, and the factors 1 + σ² · fan-in / 2 of the layers multiply.
    The rule reports a product of 4 or more: three quarters of the outputs' variance is then noise.
    In a residual block, the variances of the body and of the shortcut add, signal to signal and
    noise to noise: the shortcut carries the signal past the noise of the body.

    ## Why it is bad
    The gradients of such outputs are mostly noise. The optimizer has to make every posterior
    narrower before it can learn the means. In the same number of steps, the model becomes
    measurably worse than with a smaller scale. Far above the threshold, its accuracy stays at
    chance: `benchmarks/thresholds.md` has the figures.

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
    # Of several scales, in the section and in layers, report the one with the most noise.
    places = by_place(view, everywhere, "posterior", "initial_scale")
    path = max(places, key=lambda one: _inflation(view, places[one]))
    kernels = places[path]
    scale = kernels[0].scale
    if any(scale > one.bayesian.prior.stddev for one in kernels if _is_fixed(one)):
        return []  # wider than its prior: BNN412 reports it at the same place
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
            view.span_of(*path),
            "the posterior's noise is larger than the signal: before training it is "
            f"{_percent(1 - 1 / found)} of the outputs' variance",
            label=f"every weight has a standard deviation of {scale:g}",
            related=tuple(
                Label(
                    view.span_of(*one.placed.path),
                    f"each output sums over {prod(one.shape[:-1]):,} weights",
                )
                for one in widest[:1]
            ),
            notes=(f"ratio of the noise to the signal, as standard deviations: {ratios}{others}",),
            help=(
                f"write `initial_scale: {proposed:g}`, so that the noise is "
                f"{_percent(1 - 1 / _with(view, everywhere, kernels, proposed))} of the variance",
            )
            if proposed
            else ("write a smaller `initial_scale`",),
            fixes=(
                view.fix_set(
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
