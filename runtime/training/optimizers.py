"""Optimizers that extend those of Keras.

An emitted model uses those with a learning rate of its own for the posterior's standard deviations
where `training.posterior_scale_learning_rate_multiplier` is not 1, and Keras's classes otherwise;
and the loss scale optimizer under mixed float16.
"""

from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime.keras_internals import index_of_variable

# The variables that the posterior's standard deviations are made from.
_POSTERIOR_SCALES = frozenset(
    f"{name}_unconstrained_scale" for name in ("kernel", "bias", "input_factor", "output_factor")
)


class PosteriorScaleRate(keras.optimizers.Optimizer):
    """Mixin that stands before an optimizer of Keras among the bases.

    Args:
        posterior_scale_learning_rate_multiplier: what the learning rate is multiplied by in the
            steps of the unconstrained scales of posteriors; not in their weight decay.
    """

    def __init__(
        self, *args: Any, posterior_scale_learning_rate_multiplier: float = 1.0, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.posterior_scale_learning_rate_multiplier = posterior_scale_learning_rate_multiplier

    def build(self, variables: list[keras.Variable]) -> None:
        """Make the slots, and remember which variables are scales."""
        super().build(variables)
        self._posterior_scales = frozenset(
            index for index, one in enumerate(variables) if one.name in _POSTERIOR_SCALES
        )

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: Any) -> None:
        """One step of one variable."""
        if index_of_variable(self, variable) in self._posterior_scales:
            learning_rate = learning_rate * self.posterior_scale_learning_rate_multiplier
        super().update_step(gradient, variable, learning_rate)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        multiplier = self.posterior_scale_learning_rate_multiplier
        return {
            **super().get_config(),
            "posterior_scale_learning_rate_multiplier": multiplier,
        }


@keras.saving.register_keras_serializable(package="bnnc")
class Adam(PosteriorScaleRate, keras.optimizers.Adam):
    """`keras.optimizers.Adam`."""


@keras.saving.register_keras_serializable(package="bnnc")
class AdamW(PosteriorScaleRate, keras.optimizers.AdamW):
    """`keras.optimizers.AdamW`."""


@keras.saving.register_keras_serializable(package="bnnc")
class Nadam(PosteriorScaleRate, keras.optimizers.Nadam):
    """`keras.optimizers.Nadam`."""


@keras.saving.register_keras_serializable(package="bnnc")
class Adamax(PosteriorScaleRate, keras.optimizers.Adamax):
    """`keras.optimizers.Adamax`."""


@keras.saving.register_keras_serializable(package="bnnc")
class Lion(PosteriorScaleRate, keras.optimizers.Lion):
    """`keras.optimizers.Lion`."""


@keras.saving.register_keras_serializable(package="bnnc")
class RMSprop(PosteriorScaleRate, keras.optimizers.RMSprop):
    """`keras.optimizers.RMSprop`."""


@keras.saving.register_keras_serializable(package="bnnc")
class Adagrad(PosteriorScaleRate, keras.optimizers.Adagrad):
    """`keras.optimizers.Adagrad`."""


@keras.saving.register_keras_serializable(package="bnnc")
class SGD(PosteriorScaleRate, keras.optimizers.SGD):
    """`keras.optimizers.SGD`."""


@keras.saving.register_keras_serializable(package="bnnc")
class LossScaleOptimizer(keras.optimizers.LossScaleOptimizer):
    """`keras.optimizers.LossScaleOptimizer` that saves all of the optimizer inside it.

    Keras builds the inner one where attributes are not tracked, and so loses the product of
    decays that Nadam keeps beside its slots: a loaded model would go on with another one.
    """

    def build(self, variables: list[keras.Variable]) -> None:
        """Make the variables, the inner optimizer's first."""
        self.inner_optimizer.build(variables)
        super().build(variables)


def scaling_optimizer(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """An optimizer that scales the loss: itself, or one around it."""
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return optimizer
    return LossScaleOptimizer(optimizer)


__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "LossScaleOptimizer",
    "Nadam",
    "PosteriorScaleRate",
    "RMSprop",
    "scaling_optimizer",
]
