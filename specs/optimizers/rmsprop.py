"""RMSprop: the gradient over a running root of its square."""

from typing import Literal

from pydantic import Field

from bnnc.specs.optimizers.optimizer import Moment, OptimizerSection
from bnnc.specs.section import Positive


class RMSprop(OptimizerSection):
    """The gradient over a running root of its square (keras.optimizers.RMSprop)."""

    type: Literal["rmsprop"]
    rho: Moment = Field(default=0.9, description="Decay of the mean square.")
    momentum: Moment = Field(default=0.0, description="Momentum, in [0, 1).")
    epsilon: Positive = Field(default=1e-7, description="Added to the mean square.")
    centered: bool = Field(
        default=False, description="Whether the mean gradient is taken off the mean square."
    )

    @property
    def own_slots(self) -> int:
        """The mean square, the momentum where there is one, the mean where it is taken off."""
        return 1 + (self.momentum > 0) + self.centered
