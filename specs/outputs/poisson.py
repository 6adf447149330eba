"""The Poisson distribution: counts."""

from typing import ClassVar, Literal

from bnnc.specs.outputs.output import DISTRIBUTION, LIKELIHOOD, OutputSection, Words


class Poisson(OutputSection):
    """A count (tfp.distributions.Poisson); the last layer has one unit."""

    distribution: Literal["poisson"] = DISTRIBUTION

    activations: ClassVar[Words] = {"log_rate": ("linear",), "rate": ("softplus", "exponential")}
    has_known_hessian: ClassVar[tuple[str, ...]] = ("log_rate",)
    losses: ClassVar[Words] = {"count": (LIKELIHOOD, "poisson")}

    @property
    def width(self) -> int:
        """One unit."""
        return 1
