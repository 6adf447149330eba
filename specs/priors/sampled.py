"""Base class of the priors without a closed-form KL."""

from functools import lru_cache
from math import e, log, pi, prod

from bnnc.specs.priors.prior import Kernel, over_weights
from bnnc.specs.priors.scaled import ScaledPrior


class SampledPrior(ScaledPrior):
    """A prior against which training estimates the KL by Monte Carlo."""

    @property
    def kl_is_sampled(self) -> bool:
        """It is."""
        return True

    def log_prob(self, weight: float) -> float:
        """Log-density of a weight before training, in nats."""
        raise AssertionError("every prior has a density")

    def kl_at_start(self, kernel: Kernel, scale: float, square: float | None = None) -> float:
        """-E log p(w) - log(2 pi e s²) / 2 for every weight, w = m + s times noise."""
        cross_entropy = _cross_entropy(self, kernel, scale, square)
        return prod(kernel) * (cross_entropy - 0.5 * log(2 * pi * e) - log(scale))


# An integral of a millisecond, the same for each of a hundred layers of one size.
@lru_cache(maxsize=1024)
def _cross_entropy(
    prior: SampledPrior, kernel: Kernel, scale: float, square: float | None
) -> float:
    """-E log p(w), in nats."""
    return -over_weights(kernel, scale, prior.log_prob, square)
