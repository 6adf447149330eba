"""The optimizers, by Keras's names, with Keras's arguments, defaults and limits.

One class is one optimizer, and bears the name of Keras's own class.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from bnnc.specs.schedules import LearningRate
from bnnc.specs.section import NonNegative, Positive, Section

# A decay of 1 would never forget its start.
Moment = Annotated[float, Field(ge=0, lt=1)]

_RATE = (
    "A number, or a schedule: a mapping with `type: cosine_decay`, `exponential_decay`, "
    "`piecewise_constant_decay` or `polynomial_decay`."
)


class OptimizerSection(Section):
    """What every optimizer of Keras takes."""

    type: str
    # Arguments that are written out even where they are the default.
    said_always: ClassVar[frozenset[str]] = frozenset({"learning_rate"})

    learning_rate: LearningRate = Field(default=0.001, description=_RATE)
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


class _Adaptive(OptimizerSection):
    """Two moments of the gradient."""

    beta_1: Moment = Field(default=0.9, description="Decay of the first moment.")
    beta_2: Moment = Field(default=0.999, description="Decay of the second moment.")
    epsilon: Positive = Field(default=1e-7, description="Added to the root of the second moment.")

    @property
    def own_slots(self) -> int:
        """Both moments."""
        return 2


class _AmsGrad(_Adaptive):
    amsgrad: bool = Field(
        default=False, description="Whether the greatest second moment so far is divided by."
    )

    @property
    def own_slots(self) -> int:
        """Both moments, and the greatest second one."""
        return 2 + self.amsgrad


class Adam(_AmsGrad):
    """Adam (keras.optimizers.Adam)."""

    type: Literal["adam"]


class AdamW(_AmsGrad):
    """Adam with decoupled weight decay (keras.optimizers.AdamW)."""

    type: Literal["adamw"]
    # The decay is what AdamW is chosen for: the default is written out too.
    said_always: ClassVar[frozenset[str]] = frozenset({"learning_rate", "weight_decay"})
    weight_decay: NonNegative = Field(default=0.004, description="Decay of the weights a step.")


class Nadam(_Adaptive):
    """Adam with Nesterov momentum (keras.optimizers.Nadam)."""

    type: Literal["nadam"]


class Adamax(_Adaptive):
    """Adam by the infinity norm (keras.optimizers.Adamax)."""

    type: Literal["adamax"]


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


class SGD(OptimizerSection):
    """Stochastic gradient descent (keras.optimizers.SGD)."""

    type: Literal["sgd"]
    learning_rate: LearningRate = Field(default=0.01, description=_RATE)
    momentum: Moment = Field(default=0.0, description="Momentum, in [0, 1).")
    nesterov: bool = Field(default=False, description="Whether the momentum is Nesterov's.")

    @property
    def own_slots(self) -> int:
        """The momentum where there is one."""
        return int(self.momentum > 0)


Optimizer = Annotated[
    Adam | AdamW | Nadam | Adamax | Lion | RMSprop | Adagrad | SGD, Field(discriminator="type")
]
