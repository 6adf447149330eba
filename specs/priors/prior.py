"""What every prior says, and what it knows about itself before any training."""

from collections.abc import Callable
from math import erf, exp, pi, prod, sqrt
from typing import ClassVar

from pydantic import Field

from bnnc.specs.section import Section

Kernel = tuple[int, ...]

# Keras draws HeNormal from a normal law cut off at two standard deviations, and widens it so that
# the variance is 2 / fan-in still: the cut takes this share of a standard deviation.
HE_LIMIT = 2.0
_CUT_DEVIATION = sqrt(
    1 - 2 * HE_LIMIT * exp(-(HE_LIMIT**2) / 2) / (sqrt(2 * pi) * erf(HE_LIMIT / sqrt(2)))
)


def mean_square(kernel: Kernel) -> float:
    """Expected square of a posterior mean before training: HeNormal's 2 / fan-in."""
    return 2 / prod(kernel[:-1])


def he_deviation(kernel: Kernel) -> float:
    """Standard deviation of the normal law that HeNormal cuts off."""
    return sqrt(mean_square(kernel)) / _CUT_DEVIATION


def over_he_means(kernel: Kernel, function: Callable[[float], float]) -> float:
    """Expectation of an even function of a posterior mean before training, by Simpson's rule."""
    intervals = 400
    deviation = he_deviation(kernel)
    total = 0.0
    for step in range(intervals + 1):
        z = HE_LIMIT * step / intervals
        weight = 1 if step in {0, intervals} else 2 + 2 * (step % 2)
        total += weight * exp(-(z**2) / 2) * function(deviation * z)
    half = total * HE_LIMIT / (3 * intervals) / sqrt(2 * pi)
    return 2 * half / erf(HE_LIMIT / sqrt(2))


class PriorSection(Section):
    """A prior: what a spec says of it, its class in the runtime, and its arithmetic."""

    # The class in the runtime, which has the section's own name.
    runtime_class: ClassVar[str]

    distribution: str = Field(description="Family of the prior, as named in TFP.")

    @property
    def learned(self) -> int:
        """Numbers that each layer learns for its prior."""
        return 0

    @property
    def stddev(self) -> float:
        """Standard deviation of a weight before training."""
        raise AssertionError("every prior knows how wide it is")

    def arguments(self) -> dict[str, object]:
        """Arguments of the runtime's class."""
        return self.model_dump(exclude={"distribution"})

    def kl_at_start(self, kernel: Kernel, scale: float, square: float | None = None) -> float:
        """KL(posterior ‖ prior) expected at the start, in nats.

        Args:
            kernel: shape of the weights.
            scale: standard deviation of the posterior.
            square: expected square of a mean, the means being normal; those of He if None.
        """
        raise AssertionError("every prior says what it costs")

    def kl_of_means(self, kernel: Kernel, square: float | None = None) -> float:
        """Part of that which means cost even without noise, in nats."""
        raise AssertionError("every prior says what means cost")
