"""Learning rates: a number, or one of the schedules of Keras over the training.

Every length is in epochs, fractions allowed: how many steps an epoch has is known with the data.
"""

from math import ceil, cos, floor, inf, pi
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from bnnc.specs.section import NonNegative, Positive, Section

# A thousandth of an epoch is less than a step of most trainings; 0 would divide by nothing.
DecayEpochs = Annotated[float, Field(ge=0.001, le=1e6, allow_inf_nan=False)]


class ScheduleSection(Section):
    """A schedule of `bnnc.runtime.schedules`, the class of the same name."""

    # What the language calls it, as Keras does.
    type: str
    # Whether its shape depends on the epochs of the whole training.
    spans_training: ClassVar[bool] = False

    def over_training(self) -> bool:
        """Whether another number of epochs makes another schedule."""
        return self.spans_training

    def rate_at(self, epoch: float, epochs: float) -> float:
        """Learning rate after `epoch` of `epochs` epochs."""
        raise AssertionError("every schedule says what its rate is")

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

    def rate_at(self, epoch: float, epochs: float) -> float:
        """A line up to the warm-up's target, and half a cosine down from it."""
        start, warmup = self.initial_learning_rate, self.warmup_epochs
        peak = start if self.warmup_target is None else self.warmup_target
        if self.warmup_target is not None and epoch < warmup:
            return start + (peak - start) * epoch / warmup
        begun = 0.0 if self.warmup_target is None else warmup
        share = min(max((epoch - begun) / max(epochs - begun, 1e-9), 0.0), 1.0)
        return peak * (self.alpha + (1 - self.alpha) * (1 + cos(pi * share)) / 2)


class ExponentialDecay(ScheduleSection):
    """The rate multiplied by `decay_rate` every `decay_epochs`."""

    type: Literal["exponential_decay"]
    initial_learning_rate: Positive = Field(description="Learning rate of the first step.")
    decay_rate: float = Field(
        gt=0, le=10, description="What the rate is multiplied by in `decay_epochs`."
    )
    decay_epochs: DecayEpochs = Field(
        default=1.0, description="Epochs that one `decay_rate` takes."
    )
    staircase: bool = Field(
        default=False, description="Whether the rate falls at once at the end of `decay_epochs`."
    )

    def rate_at(self, epoch: float, epochs: float) -> float:
        """A power of `decay_rate`; infinite where it is beyond every number."""
        passed = epoch / self.decay_epochs
        if self.staircase:
            passed = floor(passed)
        try:
            return float(self.initial_learning_rate * self.decay_rate**passed)
        except OverflowError:
            return inf


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
    decay_epochs: DecayEpochs | None = Field(
        default=None, description="Epochs from one rate to the other; the whole training if null."
    )
    cycle: bool = Field(
        default=False, description="Whether it begins anew after `decay_epochs`, from a lower rate."
    )

    def over_training(self) -> bool:
        """Whether no epochs are written."""
        return self.decay_epochs is None

    def rate_at(self, epoch: float, epochs: float) -> float:
        """From the first rate to the last as a power of the time that is left."""
        length = epochs if self.decay_epochs is None else self.decay_epochs
        if self.cycle:
            length *= max(ceil(epoch / length), 1)
        left = 1 - min(epoch / length, 1.0)
        first, last = self.initial_learning_rate, self.end_learning_rate
        return float(last + (first - last) * left**self.power)


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

    def rate_at(self, epoch: float, epochs: float) -> float:
        """The value whose boundary is not passed yet."""
        passed = sum(epoch > boundary for boundary in self.boundaries)
        return self.values[min(passed, len(self.values) - 1)]


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
