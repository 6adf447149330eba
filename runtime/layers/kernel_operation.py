"""What a Bayesian method asks of a Keras layer with a kernel."""

import abc
from typing import Any, ClassVar

import keras
import tensorflow as tf


class KernelOperation(keras.layers.Layer):
    """A Keras layer that can be asked for its operation alone, and for its channels.

    Stands before the Keras layer among the bases.
    """

    # The argument of the Keras class that the kernel is drawn by.
    kernel_initializer_argument: ClassVar[str] = "kernel_initializer"

    kernel: keras.Variable

    @property
    @abc.abstractmethod
    def output_channels(self) -> int:
        """Number of channels of the outputs; known once the layer is built."""

    @abc.abstractmethod
    def op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Apply the kernel, without bias and activation; linear in both arguments."""

    def positions_share_kernel(self, inputs: tf.Tensor) -> bool:
        """Say whether one example meets the same kernel at more than one position."""
        del inputs
        return True

    @property
    def channel_axis(self) -> int:
        """Axis of the channels in inputs and outputs."""
        # Dense has no data_format: its features are last.
        return 1 if getattr(self, "data_format", None) == "channels_first" else -1

    def sign_shapes(self, inputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the shapes of one sign per example and channel, for inputs and outputs."""
        rows, input_channels = tf.shape(inputs)[0], inputs.shape[self.channel_axis]
        return (
            tf.stack(self.by_channel(inputs, rows, input_channels)),
            tf.stack(self.by_channel(inputs, rows, self.output_channels)),
        )

    def by_channel(self, inputs: tf.Tensor, rows: Any, channels: int) -> list[Any]:
        """The shape of numbers [rows, channels] that broadcast over every position of `inputs`."""
        shape: list[Any] = [1] * inputs.shape.rank
        shape[0] = rows
        shape[self.channel_axis] = channels
        return shape
