"""Base class of the priors."""

from collections.abc import Callable
from itertools import pairwise
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


def over_weights(
    kernel: Kernel, scale: float, function: Callable[[float], float], square: float | None = None
) -> float:
    """Expectation of an even function of a weight before training, w = m + s times noise.

    Its density is a normal one, times the probability that its mean is within HeNormal's cut where
    it is drawn from that. Simpson's rule on pieces that halve towards 0, so that a function may be
    as narrow there as it likes, and with a piece of their own for the ends of the cut.

    Args:
        kernel: shape of the weights.
        scale: standard deviation of the posterior, s.
        function: the even function.
        square: expected square of a mean, the means being normal; those of He if None.
    """
    deviation = he_deviation(kernel) if square is None else sqrt(square)
    width = sqrt(deviation**2 + scale**2)
    cut = HE_LIMIT * deviation
    top = 8 * width if square is not None else cut + 8 * scale

    def density(weight: float) -> float:
        normal = exp(-0.5 * (weight / width) ** 2) / (width * sqrt(2 * pi))
        if square is not None:
            return normal
        # Given the weight, its mean is normal too.
        mean, spread = weight * (deviation / width) ** 2, sqrt(2) * deviation * scale / width
        within = 0.5 * (erf((cut - mean) / spread) + erf((cut + mean) / spread))
        return normal * within / erf(HE_LIMIT / sqrt(2))

    edges = {0.0, *(top * 2.0**-power for power in range(30))}
    if square is None:
        edges.add(max(cut - 8 * scale, 0.0))
    total, intervals = 0.0, 32
    for low, high in pairwise(sorted(edges)):
        step = (high - low) / intervals
        for number in range(intervals + 1):
            weight = low + number * step
            times = 1 if number in {0, intervals} else 2 + 2 * (number % 2)
            total += times * step / 3 * density(weight) * function(weight)
    return 2 * total


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
    def kl_is_sampled(self) -> bool:
        """Whether the KL to it has no closed form, and is estimated by Monte Carlo."""
        return False

    @property
    def holds_means(self) -> bool:
        """Whether it says where the posterior's means lie, and not only how wide it is."""
        return True

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
