"""The Bernoulli distribution: yes or no."""

from math import log
from typing import ClassVar, Literal

from bnnc.specs.outputs.output import DISTRIBUTION, LIKELIHOOD, OutputSection, Words


class Bernoulli(OutputSection):
    """Yes or no (tfp.distributions.Bernoulli); the last layer has one unit."""

    distribution: Literal["bernoulli"] = DISTRIBUTION

    activations: ClassVar[Words] = {"logits": ("linear",), "probs": ("sigmoid",)}
    has_known_hessian: ClassVar[tuple[str, ...]] = ("logits",)
    losses: ClassVar[Words] = {"binary": (LIKELIHOOD, "binary_crossentropy")}

    @property
    def width(self) -> int:
        """One unit."""
        return 1

    @property
    def information(self) -> float:
        """The loss of a uniform guess."""
        return log(2)
