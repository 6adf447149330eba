"""Kernel initializers that replace those of Keras."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="bnnc")
class DepthwiseHeNormal(keras.initializers.Initializer):
    """`keras.initializers.HeNormal` of a depthwise kernel: with a variance of 2 / window.

    Keras counts all channels as inputs of every output, where an output of a depthwise convolution
    sums over one: its kernels are too small by the root of the channels, and a few such layers in a
    row give nothing to learn from.

    Args:
        seed: as in `keras.initializers.HeNormal`.

    Shape of the kernel: [*window, channels in, depth multiplier].
    References: He et al. 2015, arXiv:1502.01852, section 2.2.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._of_one_channel = keras.initializers.HeNormal(seed=seed)

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> tf.Tensor:
        """Return a kernel of the shape."""
        *window, channels, multiplier = shape
        kernel = self._of_one_channel((*window, 1, channels * multiplier), dtype=dtype)
        return tf.reshape(kernel, shape)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config: dict[str, Any] = self._of_one_channel.get_config()
        return {"seed": config["seed"]}
