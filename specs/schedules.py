"""Learning rates: a number, or one of Keras's schedules over the training.

Every length is in epochs, fractions allowed: how many steps an epoch has is known with the data.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from bnnc.specs.section import NonNegative, Positive, Section


class ScheduleSection(Section):
    """A schedule of `bnnc.runtime.schedules`, the class of the same name."""

    # What the language calls it, as Keras does.
    type: str
    # Whether its shape depends on the epochs of the whole training.
    spans_training: ClassVar[bool] = False

    def over_training(self) -> bool:
        """Whether another number of epochs makes another schedule."""
        return self.spans_training

    def arguments(self) -> dict[str, Any]:
        """Arguments of the runtime's class that are not its defaults."""
        return self.model_dump(exclude={"type"}, exclude_defaults=True)


class CosineDecay(ScheduleSection):
    """From a first learning rate to `alpha` times it over the whole training, as a half cosine."""

    type: Literal["cosine_decay"]
    spans_training: ClassVar[bool] = True

    initial_learning_rate: NonNegative = Field(description="Learning rate of the first step.")
    alpha: float = Field(
        default=0.0, ge=0, le=1, description="Share of the highest rate that the last step has."
    )
    warmup_target: Positive | None = Field(
        default=None, description="Learning rate at the end of the warm-up, where the decay begins."
    )
    warmup_epochs: NonNegative = Field(
        default=0,
        description=(
            "Epochs over which the rate rises linearly from `initial_learning_rate` to "
            "`warmup_target`; the decay takes the rest of the training."
        ),
    )


class ExponentialDecay(ScheduleSection):
    """The rate multiplied by `decay_rate` every `decay_epochs`."""

    type: Literal["exponential_decay"]
    initial_learning_rate: Positive = Field(description="Learning rate of the first step.")
    decay_rate: float = Field(
        gt=0, le=10, description="What the rate is multiplied by in `decay_epochs`."
    )
    decay_epochs: Positive = Field(default=1.0, description="Epochs that one `decay_rate` takes.")
    staircase: bool = Field(
        default=False, description="Whether the rate falls at once at the end of `decay_epochs`."
    )


class PolynomialDecay(ScheduleSection):
    """From one rate to another as a power of the time; a straight line where `power` is 1.

    A linear warm-up to a constant rate is one whose `end_learning_rate` is the higher one.
    """

    type: Literal["polynomial_decay"]
    initial_learning_rate: NonNegative = Field(description="Learning rate of the first step.")
    end_learning_rate: NonNegative = Field(
        default=0.0001, description="Learning rate after `decay_epochs`."
    )
    power: float = Field(
        default=1.0, gt=0, le=100, description="Power of the share that is left; 1 is linear."
    )
    decay_epochs: Positive | None = Field(
        default=None, description="Epochs from one rate to the other; the whole training if null."
    )
    cycle: bool = Field(
        default=False, description="Whether it begins anew after `decay_epochs`, from a lower rate."
    )

    def over_training(self) -> bool:
        """Whether no epochs are written."""
        return self.decay_epochs is None


class PiecewiseConstantDecay(ScheduleSection):
    """One rate after the other: `values[i]` until `boundaries[i]` epochs are done."""

    type: Literal["piecewise_constant_decay"]
    boundaries: list[Positive] = Field(
        min_length=1,
        max_length=1000,
        description="Epochs after which the next rate begins, rising.",
    )
    values: list[Positive] = Field(
        min_length=2, max_length=1001, description="Learning rates, one more than boundaries."
    )


Schedule = Annotated[
    CosineDecay | ExponentialDecay | PiecewiseConstantDecay | PolynomialDecay,
    Field(discriminator="type"),
]


def _number_or_schedule(value: Any) -> str:
    return "schedule" if isinstance(value, dict | ScheduleSection) else "number"


LearningRate = Annotated[
    Annotated[Positive, Tag("number")] | Annotated[Schedule, Tag("schedule")],
    Discriminator(_number_or_schedule),
]
