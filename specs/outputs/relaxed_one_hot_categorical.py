"""The relaxed one-hot categorical distribution: shares of several classes."""

from typing import ClassVar, Literal

from pydantic import Field

from bnnc.specs.outputs.output import DISTRIBUTION, LIKELIHOOD, Words
from bnnc.specs.outputs.over_classes import OverClasses
from bnnc.specs.section import Positive


class RelaxedOneHotCategorical(OverClasses):
    """Shares of several classes (tfp.distributions.RelaxedOneHotCategorical)."""

    distribution: Literal["relaxed_one_hot_categorical"] = DISTRIBUTION
    temperature: Positive = Field(
        description="Temperature of the relaxation: near 0 the labels are nearly one-hot."
    )

    activations: ClassVar[Words] = {"logits": ("linear",)}
    losses: ClassVar[Words] = {"soft": (LIKELIHOOD,)}

    @property
    def information(self) -> None:
        """A density has no loss of guessing that bounds it."""
        return None
