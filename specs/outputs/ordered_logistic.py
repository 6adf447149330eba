"""The ordered logistic distribution: one class of several that have an order."""

from math import log
from typing import ClassVar, Literal

from pydantic import Field

from bnnc.specs.outputs.output import DISTRIBUTION, LIKELIHOOD, LearnedLayer, OutputSection, Words
from bnnc.specs.section import Size


class OrderedLogistic(OutputSection):
    """One class of several that have an order (tfp.distributions.OrderedLogistic).

    The last layer has one unit, the location of an image on the scale that the learned cutpoints
    divide into classes.
    """

    distribution: Literal["ordered_logistic"] = DISTRIBUTION
    classes: Size = Field(
        description="Number of classes in their order; one cutpoint fewer is learned."
    )

    activations: ClassVar[Words] = {"loc": ("linear",)}
    losses: ClassVar[Words] = {"integer": (LIKELIHOOD,)}

    @property
    def width(self) -> int:
        """One unit."""
        return 1

    @property
    def learned(self) -> LearnedLayer:
        """The cutpoints."""
        return LearnedLayer(
            "cutpoints",
            "bnnc.runtime.LearnedCutpoints",
            {"classes": self.classes},
            self.classes - 1,
        )

    @property
    def information(self) -> float:
        """The loss of a uniform guess."""
        return log(self.classes)
