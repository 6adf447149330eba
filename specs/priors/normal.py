"""The normal prior."""

from math import log, prod
from typing import ClassVar, Literal

from pydantic import Field

from bnnc.specs.priors.prior import Kernel, mean_square
from bnnc.specs.priors.scaled import PriorScale, ScaledPrior


class NormalPrior(ScaledPrior):
    """A normal prior with mean 0 on every weight."""

    runtime_class: ClassVar[str] = "bnnc.runtime.NormalPrior"

    distribution: Literal["normal"] = Field(
        default="normal", description="Family of the prior, as named in TFP."
    )
    scale: PriorScale = Field(
        default=0.1,
        description=(
            "Standard deviation of the prior, or `learned`: one scale a layer, fitted with the "
            "weights (empirical Bayes), starting at 0.1."
        ),
    )

    @property
    def stddev(self) -> float:
        """The scale itself."""
        return self.initial_scale

    def kl_at_start(self, kernel: Kernel, scale: float, square: float | None = None) -> float:
        """log(p/s) + s² / 2p² - 1/2 for every weight, and what the means cost."""
        prior = self.initial_scale
        of_scales = prod(kernel) * (log(prior / scale) + scale**2 / (2 * prior**2) - 0.5)
        return of_scales + self.kl_of_means(kernel, square)

    def kl_of_means(self, kernel: Kernel, square: float | None = None) -> float:
        """m² / 2p² for every weight: units / p² in a layer, where the means are He's."""
        square = mean_square(kernel) if square is None else square
        return prod(kernel) * square / (2 * self.initial_scale**2)
