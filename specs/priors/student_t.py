"""Student's t prior."""

from math import lgamma, log, log1p, pi, prod, sqrt
from typing import ClassVar, Literal

from pydantic import Field

from bnnc.specs.priors.prior import Kernel, over_he_means, over_weights
from bnnc.specs.priors.sampled import SampledPrior
from bnnc.specs.priors.scaled import PriorScale


class StudentTPrior(SampledPrior):
    """Student's t with mean 0 on every weight: its tails are heavier than a Laplace prior's."""

    runtime_class: ClassVar[str] = "bnnc.runtime.StudentTPrior"

    distribution: Literal["student_t"] = Field(description="Family of the prior, as named in TFP.")
    df: float = Field(
        default=4.0,
        gt=2,
        le=1e6,
        allow_inf_nan=False,
        description=("Degrees of freedom; above 2, so that the prior has a standard deviation."),
    )
    scale: PriorScale = Field(
        default=0.1,
        description=(
            "Scale of the prior; its standard deviation is sqrt(df / (df - 2)) times that. Or "
            "`learned`: one scale a layer, fitted with the weights (empirical Bayes), starting "
            "at 0.1."
        ),
    )

    @property
    def stddev(self) -> float:
        """sqrt(df / (df - 2)) times the scale."""
        return self.initial_scale * sqrt(self.df / (self.df - 2))

    def log_prob(self, weight: float) -> float:
        """Log-density of a weight before training, in nats."""
        constant = lgamma((self.df + 1) / 2) - lgamma(self.df / 2) - 0.5 * log(pi * self.df)
        return constant - log(self.initial_scale) - self._cost(weight)

    def kl_of_means(self, kernel: Kernel, square: float | None = None) -> float:
        """(df + 1) / 2 log(1 + m² / (df b²)) for every weight."""
        if square is None:
            return prod(kernel) * over_he_means(kernel, self._cost)
        return prod(kernel) * over_weights(kernel, 0.0, self._cost, square)

    def _cost(self, weight: float) -> float:
        """By how much the log-density of a weight is below that of 0."""
        return (self.df + 1) / 2 * log1p((weight / self.initial_scale) ** 2 / self.df)
