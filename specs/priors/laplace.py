"""The Laplace prior."""

from math import erf, exp, log, pi, prod, sqrt
from typing import ClassVar, Literal

from pydantic import Field

from bnnc.specs.priors.prior import (
    HE_LIMIT,
    Kernel,
    he_deviation,
    over_he_means,
)
from bnnc.specs.priors.scaled import PriorScale, ScaledPrior


class LaplacePrior(ScaledPrior):
    """A Laplace prior with mean 0 on every weight: most of them small, a few large."""

    runtime_class: ClassVar[str] = "bnnc.runtime.LaplacePrior"

    distribution: Literal["laplace"] = Field(description="Family of the prior, as named in TFP.")
    scale: PriorScale = Field(
        default=0.1,
        description=(
            "Scale of the prior, the mean size of a weight; its standard deviation is sqrt(2) "
            "times that. Or `learned`: one scale a layer, fitted with the weights (empirical "
            "Bayes), starting at 0.1."
        ),
    )

    @property
    def stddev(self) -> float:
        """sqrt(2) times the scale."""
        return sqrt(2) * self.initial_scale

    def kl_at_start(self, kernel: Kernel, scale: float, square: float | None = None) -> float:
        """log(2b) + E|w| / b - log(2 pi e s²) / 2 for every weight, w = m + s times noise."""
        if square is None:
            size = over_he_means(kernel, lambda mean: folded_mean(mean, scale))
        else:
            size = folded_mean(0.0, sqrt(square + scale**2))  # means and noise are both normal
        prior = self.initial_scale
        each = log(2 * prior) + size / prior - 0.5 * (1 + log(2 * pi)) - log(scale)
        return prod(kernel) * each

    def kl_of_means(self, kernel: Kernel, square: float | None = None) -> float:
        """|m| / b for every weight."""
        if square is None:
            # E|z| of a standard normal number that is cut off at the limit.
            cut = sqrt(2 / pi) * (1 - exp(-(HE_LIMIT**2) / 2)) / erf(HE_LIMIT / sqrt(2))
            size = he_deviation(kernel) * cut
        else:
            size = sqrt(2 * square / pi)
        return prod(kernel) * size / self.initial_scale


def folded_mean(mean: float, scale: float) -> float:
    """E|w| of a normal w: s sqrt(2/pi) exp(-m² / 2s²) + m erf(m / s sqrt(2))."""
    ratio = mean / scale
    return scale * sqrt(2 / pi) * exp(-(ratio**2) / 2) + mean * erf(ratio / sqrt(2))
