"""Adagrad: the gradient over the root of all its squares so far."""

from typing import Literal

from pydantic import Field

from bnnc.specs.optimizers.optimizer import OptimizerSection
from bnnc.specs.section import NonNegative, Positive


class Adagrad(OptimizerSection):
    """The gradient over the root of all its squares so far (keras.optimizers.Adagrad)."""

    type: Literal["adagrad"]
    initial_accumulator_value: NonNegative = Field(
        default=0.1, description="Sum of squares before the first step."
    )
    epsilon: Positive = Field(default=1e-7, description="Added to the sum of squares.")

    @property
    def own_slots(self) -> int:
        """The sum of squares."""
        return 1
