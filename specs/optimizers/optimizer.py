"""What every optimizer has: the arguments that all of Keras's take."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from bnnc.specs.schedules import LearningRate
from bnnc.specs.section import NonNegative, Positive, Section

# A decay of 1 would never forget its start.
Moment = Annotated[float, Field(ge=0, lt=1)]

RATE = (
    "A number, or a schedule: a mapping with `type: cosine_decay`, `exponential_decay`, "
    "`piecewise_constant_decay` or `polynomial_decay`."
)


class OptimizerSection(Section):
    """What every optimizer of Keras takes."""

    type: str
    # Arguments that are written out even where they are the default.
    said_always: ClassVar[frozenset[str]] = frozenset({"learning_rate"})

    learning_rate: LearningRate = Field(default=0.001, description=RATE)
    weight_decay: NonNegative = Field(
        default=0.0,
        description="Share of every weight that a step takes off, times the learning rate.",
    )
    clipnorm: Positive | None = Field(
        default=None, description="Greatest norm of the gradient of each variable."
    )
    global_clipnorm: Positive | None = Field(
        default=None, description="Greatest norm of the gradient of all variables together."
    )
    clipvalue: Positive | None = Field(
        default=None, description="Greatest size of each number of a gradient."
    )
    gradient_accumulation_steps: int = Field(
        default=1,
        ge=1,
        le=1_000_000,
        description=(
            "Batches whose gradients are averaged for one change of the weights; it need not "
            "divide an epoch, and batches left over at the end of the training change nothing."
        ),
    )
    use_ema: bool = Field(
        default=False,
        description=(
            "Whether an exponential moving average of the weights is kept, which is what is "
            "validated, saved and predicted with."
        ),
    )
    ema_momentum: Moment = Field(
        default=0.99, description="Share of the average that one batch leaves as it is."
    )

    @property
    def slots(self) -> int:
        """Numbers that Keras keeps for every trained weight."""
        return self.own_slots + self.use_ema + (self.gradient_accumulation_steps > 1)

    @property
    def own_slots(self) -> int:
        """The moments and accumulators of the method itself; plain gradient descent has none."""
        return 0

    def arguments(self) -> dict[str, Any]:
        """Arguments of Keras's class that are not its defaults, but for the learning rate."""
        silent = {"type", "learning_rate"} | (set() if self.use_ema else {"ema_momentum"})
        given = self.model_dump(exclude=silent, exclude_defaults=True)
        always = {name: getattr(self, name) for name in sorted(self.said_always - silent)}
        return {**always, **given}

    @property
    def clippings(self) -> dict[str, float]:
        """The limits on gradients that are set; Keras takes one of them."""
        names = ("clipnorm", "global_clipnorm", "clipvalue")
        return {name: one for name in names if (one := getattr(self, name)) is not None}
