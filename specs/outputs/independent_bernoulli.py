"""Independent Bernoulli distributions: a yes or no for each of several classes."""

from math import log
from typing import ClassVar, Literal

from bnnc.specs.outputs.output import CLASSES, DISTRIBUTION, LIKELIHOOD, OutputSection, Words
from bnnc.specs.section import Size


class IndependentBernoulli(OutputSection):
    """A yes or no for each of several classes (tfp.distributions.Independent of Bernoulli)."""

    distribution: Literal["independent_bernoulli"] = DISTRIBUTION
    classes: Size = CLASSES

    activations: ClassVar[Words] = {"logits": ("linear",), "probs": ("sigmoid",)}
    has_known_hessian: ClassVar[tuple[str, ...]] = ("logits",)
    losses: ClassVar[Words] = {"multi_hot": (LIKELIHOOD, "binary_crossentropy")}
    width_fields: ClassVar[tuple[str, ...]] = ("classes",)

    @property
    def width(self) -> int:
        """One unit a class."""
        return self.classes

    @property
    def information(self) -> float:
        """The loss of a uniform guess."""
        return self.classes * log(2)
