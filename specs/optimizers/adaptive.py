"""What optimizers with two moments of the gradient share."""

from pydantic import Field

from bnnc.specs.optimizers.optimizer import Moment, OptimizerSection
from bnnc.specs.section import Positive


class Adaptive(OptimizerSection):
    """Two moments of the gradient."""

    beta_1: Moment = Field(default=0.9, description="Decay of the first moment.")
    beta_2: Moment = Field(default=0.999, description="Decay of the second moment.")
    epsilon: Positive = Field(default=1e-7, description="Added to the root of the second moment.")

    @property
    def own_slots(self) -> int:
        """Both moments."""
        return 2


class AmsGrad(Adaptive):
    """Two moments, and perhaps the greatest second one so far."""

    amsgrad: bool = Field(
        default=False, description="Whether the greatest second moment so far is divided by."
    )

    @property
    def own_slots(self) -> int:
        """Both moments, and the greatest second one."""
        return 2 + self.amsgrad
