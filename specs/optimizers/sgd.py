"""SGD: stochastic gradient descent."""

from typing import Literal

from pydantic import Field

from bnnc.specs.optimizers.optimizer import RATE, Moment, OptimizerSection
from bnnc.specs.schedules import LearningRate


class SGD(OptimizerSection):
    """Stochastic gradient descent (keras.optimizers.SGD)."""

    type: Literal["sgd"]
    learning_rate: LearningRate = Field(default=0.01, description=RATE)
    momentum: Moment = Field(default=0.0, description="Momentum, in [0, 1).")
    nesterov: bool = Field(default=False, description="Whether the momentum is Nesterov's.")

    @property
    def own_slots(self) -> int:
        """The momentum where there is one."""
        return int(self.momentum > 0)
