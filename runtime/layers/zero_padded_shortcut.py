"""The shortcut without weights between two shapes."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="bnnc")
class ZeroPaddedShortcut(keras.layers.Layer):
    """Every stride-th position of its input, with channels of zeros behind the input's own.

    Args:
        channels: channels of the output, at least those of the input.
        strides: steps along the axes of the map, or one number for all of them.

    Input shape: [batch, ..., channels in], of a row [batch, features].
    Output shape: [batch, ceil(size / stride) for each axis, channels].
    References: He et al. 2016, arXiv:1512.03385, section 3.3, option A.
    """

    def __init__(self, channels: int, strides: int | tuple[int, ...] = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels = channels
        self.strides = strides if isinstance(strides, int) else tuple(strides)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Nothing to create. Raises: ValueError if the input has more channels."""
        if input_shape[-1] is None or input_shape[-1] > self.channels:
            raise ValueError(
                f"Expected an input of at most {self.channels} channels. Received: {input_shape}"
            )
        super().build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Take the positions, and append the zeros."""
        steps = self._steps(inputs.shape.rank - 2)
        inputs = inputs[(slice(None), *(slice(None, None, step) for step in steps))]
        added = self.channels - inputs.shape[-1]
        return tf.pad(inputs, [[0, 0]] * (inputs.shape.rank - 1) + [[0, added]])

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """[batch, positions, channels]."""
        batch, *sizes, _ = input_shape
        positions = zip(sizes, self._steps(len(sizes)), strict=True)
        taken = (None if size is None else -(-size // step) for size, step in positions)
        return (batch, *taken, self.channels)

    def _steps(self, axes: int) -> tuple[int, ...]:
        return (self.strides,) * axes if isinstance(self.strides, int) else self.strides

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "channels": self.channels, "strides": self.strides}
