"""The scale mixture of two normal priors (Blundell et al. 2015, arXiv:1505.05424)."""

from math import exp, log, log1p, pi, prod, sqrt
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from bnnc.specs.priors.prior import Kernel, mean_square
from bnnc.specs.priors.sampled import SampledPrior
from bnnc.specs.priors.scaled import PriorWidth

Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]


class ScaleMixturePrior(SampledPrior):
    """Two normals with mean 0, a wide and a narrow one: a weight is large or next to nothing."""

    runtime_class: ClassVar[str] = "bnnc.runtime.ScaleMixturePrior"

    distribution: Literal["scale_mixture"] = Field(
        description="Family of the prior: the mixture of two zero-mean normals of Blundell et al."
    )
    weight: Share = Field(default=0.5, description="Weight of the wide normal in the mixture.")
    scale: PriorWidth = Field(default=1.0, description="Standard deviation of the wide normal.")
    narrow_scale: PriorWidth = Field(
        default=0.0025, description="Standard deviation of the narrow normal, below `scale`."
    )

    @property
    def stddev(self) -> float:
        """The root of the mean of both variances."""
        return sqrt(self.weight * self.scale**2 + (1 - self.weight) * self.narrow_scale**2)

    def log_prob(self, weight: float) -> float:
        """Log-density of a weight before training, in nats."""
        wide = log(self.weight / self.scale) - 0.5 * (weight / self.scale) ** 2
        narrow = log((1 - self.weight) / self.narrow_scale)
        narrow -= 0.5 * (weight / self.narrow_scale) ** 2
        return max(wide, narrow) + log1p(exp(-abs(wide - narrow))) - 0.5 * log(2 * pi)

    def kl_of_means(self, kernel: Kernel, square: float | None = None) -> float:
        """m² / 2p² for every weight, p being the wide scale: no mean costs less.

        What it takes to leave the narrow normal is not counted: it depends on how far the
        standard deviations have come, as that part of a KL does which training takes away.
        """
        square = mean_square(kernel) if square is None else square
        return prod(kernel) * square / (2 * self.scale**2)
