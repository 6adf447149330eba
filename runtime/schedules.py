"""Learning rate schedules whose length is that of the training."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="bnnc")
class CosineDecay(keras.optimizers.schedules.CosineDecay):
    """`keras.optimizers.schedules.CosineDecay` over the whole training, however long that is.

    Args:
        initial_learning_rate: rate of the first step.
        alpha: share of the first rate that the last step has.
        decay_steps: steps of the whole training; set by `BayesianModel.bind` when the data is
            known.
        first_step: step of the optimizer that the training began with: not 0 where the model was
            trained before.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        alpha: float = 0.0,
        decay_steps: int | None = None,
        first_step: int = 0,
    ) -> None:
        # Keras's own schedule wants a positive number; `__call__` refuses before it is used.
        super().__init__(initial_learning_rate, decay_steps=decay_steps or 1, alpha=alpha)
        self.bound = decay_steps is not None
        self.first_step = first_step

    def bind(self, steps: int, first_step: int) -> None:
        """Let the decay end with the last of `steps` training steps from `first_step` on."""
        self.decay_steps = steps
        self.first_step = first_step
        self.bound = True

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Learning rate at a step. Raises: ValueError if the training's length is not known."""
        if not self.bound:
            raise ValueError(
                "The learning rate decays over the whole training, and its length is not known "
                "yet: train through `fit`, or call `model.bind(rows=..., batch_size=..., "
                "epochs=...)` first"
            )
        return super().__call__(step - self.first_step)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "alpha": self.alpha,
            "decay_steps": self.decay_steps if self.bound else None,
            "first_step": self.first_step,
        }
