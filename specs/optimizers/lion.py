"""Lion: the sign of a momentum."""

from typing import Literal

from pydantic import Field

from bnnc.specs.optimizers.optimizer import Moment, OptimizerSection


class Lion(OptimizerSection):
    """The sign of a momentum (keras.optimizers.Lion, arXiv:2302.06675)."""

    type: Literal["lion"]
    # At 0 it would be the sign of the gradient alone, which Keras refuses.
    beta_1: float = Field(default=0.9, gt=0, lt=1, description="Share of the momentum in a step.")
    beta_2: Moment = Field(default=0.99, description="Decay of the momentum.")

    @property
    def own_slots(self) -> int:
        """The momentum."""
        return 1
