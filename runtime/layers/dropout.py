"""Dropout with indexed noise, that can stay active at prediction."""

import random
from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime import row_noise
from bnnc.runtime.noise import check_seed, next_layer_key


@keras.saving.register_keras_serializable(package="bnnc")
class Dropout(keras.layers.Dropout):
    """`keras.layers.Dropout` whose noise is indexed, and that can stay active at prediction.

    A draw of kind `"weights"` takes one mask for all examples of the batch: dropping an input for
    all of them is dropping the weights that read it, which is what a sample of the network is.

    Args:
        rate: fraction of the inputs set to zero, at least 0 and below 1; the others are divided
            by 1 - rate.
        monte_carlo: whether to drop inputs at prediction too.
        noise_shape: as in `keras.layers.Dropout`.
        seed: integer from 0 to 2**31 - 1; random if None.

    Input and output shape: any, the same.
    Raises: ValueError for a rate or seed out of range, TypeError if `monte_carlo` is no bool.
    References: Gal and Ghahramani 2016, arXiv:1506.02142.
    """

    def __init__(
        self,
        rate: float,
        *,
        monte_carlo: bool = False,
        noise_shape: tuple[int | None, ...] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        # Keras takes a rate of 1 too, which leaves nothing to scale up.
        if not 0 <= rate < 1:
            raise ValueError(f"Expected `rate` to be at least 0 and below 1. Received: rate={rate}")
        if not isinstance(monte_carlo, bool):
            raise TypeError(
                f"Expected `monte_carlo` to be a bool. Received: monte_carlo={monte_carlo!r}"
            )
        # Drawn here, so that it is part of the config and a loaded layer takes the same noise.
        seed = random.getrandbits(31) if seed is None else check_seed(seed)
        super().__init__(rate, noise_shape=noise_shape, seed=seed, **kwargs)
        self.monte_carlo = monte_carlo

    @property
    def stochastic(self) -> bool:
        """Whether the outputs are random at prediction."""
        return bool(self.monte_carlo and self.rate > 0)

    def call(self, inputs: tf.Tensor, training: bool | None = False) -> tf.Tensor:
        """Drop inputs if training, or always under `monte_carlo`."""
        if self.rate == 0 or not (training or self.monte_carlo):
            return inputs
        uniform = self.uniform(inputs)
        # Compared and scaled in float32, rounded once: bfloat16 has 128 uniform numbers, and the
        # share of them below a rate of 0.01 is 0.016.
        factor = tf.cast(uniform >= self.rate, tf.float32) / (1 - self.rate)
        return tf.cast(tf.cast(inputs, tf.float32) * factor, inputs.dtype)

    def uniform(self, inputs: tf.Tensor) -> tf.Tensor:
        """One uniform number in [0, 1), float32, for every element of the mask that the draw takes."""
        key, kind = next_layer_key(self.seed, self.seed_generator)
        # Sizes that are known are constants, so that a mask of all examples depends on no images.
        sizes = tf.unstack(tf.shape(inputs))
        known = inputs.shape.as_list()
        shape = [size if fixed is None else fixed for size, fixed in zip(sizes, known, strict=True)]
        if self.noise_shape is not None:
            shape = [
                size if fixed is None else fixed
                for size, fixed in zip(shape, self.noise_shape, strict=True)
            ]
        if kind == "weights":
            shape[0] = 1
        if isinstance(shape[0], int) and shape[0] == 1:  # one mask for all examples
            return tf.random.stateless_uniform(tf.stack(shape), key)
        return row_noise.uniform(tf.stack(shape), key)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "monte_carlo": self.monte_carlo}
