"""The learning rate schedules of Keras, with lengths in epochs.

How many steps an epoch has is known with the data: `BayesianModel.bind` tells it to the schedule.
Before that a schedule has no rate to give.
"""

from typing import Any, Self

import keras
import tensorflow as tf

from bnnc.runtime.keras_internals import rate_or_schedule
from bnnc.runtime.training.ema import inner_optimizer, steps_of
from bnnc.runtime.training.progress import continued

_BINDING = ("steps_per_epoch", "epochs", "first_step")


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """Mixin of the schedules, placed before Keras's own class among the bases.

    A subclass sets the lengths that Keras's class reads, in steps, in `set_steps`, and names its
    own arguments in `arguments`.

    Args:
        steps_per_epoch: training steps of one epoch, once bound.
        epochs: epochs of the whole training, once bound.
        first_step: step of the optimizer that the schedule began with. One that is laid over a
            whole training begins with each, others with the first.
    """

    arguments: tuple[str, ...] = ()

    @property
    def over_training(self) -> bool:
        """Whether it is laid over a whole training, however long that is."""
        return False

    def set_steps(self, steps_per_epoch: int, epochs: int) -> None:
        """Translate the lengths from epochs to steps."""

    def bind(self, steps_per_epoch: int, epochs: int, first_step: int) -> Self:
        """Let the schedule begin with `first_step`, in a training of `epochs` epochs."""
        self.steps_per_epoch: int | None = steps_per_epoch
        self.epochs: int | None = epochs
        self.first_step = first_step
        self.set_steps(steps_per_epoch, epochs)
        return self

    def _bind_if_known(
        self, steps_per_epoch: int | None, epochs: int | None, first_step: int
    ) -> None:
        self.steps_per_epoch, self.epochs, self.first_step = None, None, first_step
        if steps_per_epoch is not None and epochs is not None:
            self.bind(steps_per_epoch, epochs, first_step)

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Learning rate at a step. Raises: ValueError if the training's length is not known."""
        if self.steps_per_epoch is None:
            raise ValueError(
                "The learning rate follows the epochs of the training, and its length is not known "
                "yet: train through `fit`, or call `model.bind(rows=..., batch_size=..., "
                "epochs=...)` first"
            )
        # A copy without its optimizer's count begins with the first rate.
        return super().__call__(tf.maximum(step - self.first_step, 0))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {name: getattr(self, name) for name in (*self.arguments, *_BINDING)}


def bind_learning_rate(optimizer: Any, steps_per_epoch: int, epochs: int, *, resumed: bool) -> None:
    """Tell an optimizer's schedule, where it has one of these, of the training that begins now.

    One that is laid over a whole training begins anew, unless that is resumed; others go on.
    """
    schedule = rate_or_schedule(inner_optimizer(optimizer))
    if isinstance(schedule, Schedule):
        now = steps_of(optimizer)
        before = schedule.steps_per_epoch
        first_step = continued(schedule.first_step, before, steps_per_epoch, now)
        anew = schedule.over_training and not resumed
        schedule.bind(steps_per_epoch, epochs, now if anew else first_step)


@keras.saving.register_keras_serializable(package="bnnc")
class CosineDecay(Schedule, keras.optimizers.schedules.CosineDecay):
    """`keras.optimizers.schedules.CosineDecay` over the whole training, however long that is.

    Args:
        initial_learning_rate: rate of the first step.
        alpha: share of the highest rate that the last step has.
        warmup_target: rate at the end of the warm-up.
        warmup_epochs: epochs of the warm-up; the decay takes the rest.
        steps_per_epoch, epochs, first_step: as of `Schedule`.
    """

    arguments = ("initial_learning_rate", "alpha", "warmup_target", "warmup_epochs")
    over_training = True

    def __init__(
        self,
        initial_learning_rate: float,
        alpha: float = 0.0,
        warmup_target: float | None = None,
        warmup_epochs: float = 0.0,
        steps_per_epoch: int | None = None,
        epochs: int | None = None,
        first_step: int = 0,
    ) -> None:
        # Keras's own schedule wants a positive length; `__call__` refuses before it is used.
        super().__init__(
            initial_learning_rate, decay_steps=1, alpha=alpha, warmup_target=warmup_target
        )
        self.warmup_epochs = warmup_epochs
        self._bind_if_known(steps_per_epoch, epochs, first_step)

    def set_steps(self, steps_per_epoch: int, epochs: int) -> None:
        """Let the decay begin after the warm-up, and end with the last step."""
        self.warmup_steps = self.warmup_epochs * steps_per_epoch
        self.decay_steps = max(epochs * steps_per_epoch - self.warmup_steps, 1)


@keras.saving.register_keras_serializable(package="bnnc")
class ExponentialDecay(Schedule, keras.optimizers.schedules.ExponentialDecay):
    """`keras.optimizers.schedules.ExponentialDecay` in epochs.

    Args:
        initial_learning_rate: rate of the first step.
        decay_rate: what the rate is multiplied by in `decay_epochs`.
        decay_epochs: epochs.
        staircase: whether the rate falls at once.
        steps_per_epoch, epochs, first_step: as of `Schedule`.
    """

    arguments = ("initial_learning_rate", "decay_rate", "decay_epochs", "staircase")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_rate: float,
        decay_epochs: float = 1.0,
        staircase: bool = False,
        steps_per_epoch: int | None = None,
        epochs: int | None = None,
        first_step: int = 0,
    ) -> None:
        super().__init__(initial_learning_rate, 1, decay_rate, staircase)
        self.decay_epochs = decay_epochs
        self._bind_if_known(steps_per_epoch, epochs, first_step)

    def set_steps(self, steps_per_epoch: int, epochs: int) -> None:
        """Translate `decay_epochs`."""
        self.decay_steps = self.decay_epochs * steps_per_epoch


@keras.saving.register_keras_serializable(package="bnnc")
class PolynomialDecay(Schedule, keras.optimizers.schedules.PolynomialDecay):
    """`keras.optimizers.schedules.PolynomialDecay` in epochs.

    Args:
        initial_learning_rate: rate of the first step.
        end_learning_rate: rate after `decay_epochs`.
        power: power of the share that is left.
        decay_epochs: epochs; those of the whole training if None.
        cycle: whether it begins anew after them.
        steps_per_epoch, epochs, first_step: as of `Schedule`.
    """

    arguments = ("initial_learning_rate", "end_learning_rate", "power", "decay_epochs", "cycle")

    @property
    def over_training(self) -> bool:
        """Whether no `decay_epochs` are given."""
        return self.decay_epochs is None

    def __init__(
        self,
        initial_learning_rate: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        decay_epochs: float | None = None,
        cycle: bool = False,
        steps_per_epoch: int | None = None,
        epochs: int | None = None,
        first_step: int = 0,
    ) -> None:
        super().__init__(initial_learning_rate, 1, end_learning_rate, power, cycle)
        self.decay_epochs = decay_epochs
        self._bind_if_known(steps_per_epoch, epochs, first_step)

    def set_steps(self, steps_per_epoch: int, epochs: int) -> None:
        """Translate `decay_epochs`."""
        length = epochs if self.decay_epochs is None else self.decay_epochs
        self.decay_steps = length * steps_per_epoch


@keras.saving.register_keras_serializable(package="bnnc")
class PiecewiseConstantDecay(Schedule, keras.optimizers.schedules.PiecewiseConstantDecay):
    """`keras.optimizers.schedules.PiecewiseConstantDecay` in epochs.

    Args:
        boundaries: epochs after which the next rate begins.
        values: rates, one more than boundaries.
        steps_per_epoch, epochs, first_step: as of `Schedule`.
    """

    arguments = ("epoch_boundaries", "values")

    def __init__(
        self,
        boundaries: list[float],
        values: list[float],
        steps_per_epoch: int | None = None,
        epochs: int | None = None,
        first_step: int = 0,
    ) -> None:
        super().__init__(list(boundaries), list(values))
        self.epoch_boundaries = list(boundaries)
        self._bind_if_known(steps_per_epoch, epochs, first_step)

    def set_steps(self, steps_per_epoch: int, epochs: int) -> None:
        """Translate the boundaries to the last step, counted from 0, that has the old rate."""
        self.boundaries = [round(one * steps_per_epoch) - 1 for one in self.epoch_boundaries]

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config = super().get_config()
        return {"boundaries": config.pop("epoch_boundaries"), **config}
