"""What a Bayesian method asks of a Keras layer with a kernel."""

import abc
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import tensorflow as tf


class KernelOperation(keras.layers.Layer):
    """A Keras layer that can be asked for its operation alone, and for its channels.

    Stands before the Keras layer among the bases.
    """

    # The argument of the Keras class that the kernel is drawn by.
    kernel_initializer_argument: ClassVar[str] = "kernel_initializer"
    # He's normal initializer of its kernel.
    he_normal: ClassVar[type[keras.initializers.Initializer]] = keras.initializers.HeNormal

    kernel: keras.Variable

    @property
    @abc.abstractmethod
    def output_channels(self) -> int:
        """Number of channels of the outputs; known once the layer is built."""

    @abc.abstractmethod
    def op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Apply the kernel, without bias and activation; linear in both arguments."""

    def sum_of_ops(self, inputs: Sequence[tf.Tensor], kernels: Sequence[tf.Tensor]) -> tf.Tensor:
        """Apply each kernel to its inputs, and add the outputs.

        A layer whose kernel sums over its last axis but one may do it by `joined_sum_of_ops`.
        """
        return tf.add_n([self.op(*pair) for pair in zip(inputs, kernels, strict=True)])

    def joined_sum_of_ops(
        self, inputs: Sequence[tf.Tensor], kernels: Sequence[tf.Tensor]
    ) -> tf.Tensor:
        """The same in one operation over all inputs' channels: the sum costs nothing."""
        return self.op(joined(inputs, self.channel_axis), tf.concat(kernels, axis=-2))

    @property
    def supports_batched_kernels(self) -> bool:
        """Whether kernels joined along their last axis give their outputs' channels side by side.

        Only where every kernel sums over all channels of the inputs, and channels are last.
        """
        return False

    def biased(self, outputs: tf.Tensor, bias: tf.Tensor | None = None) -> tf.Tensor:
        """Add a bias, the layer's own if None: right behind an operation, it costs nothing.

        A layer without a bias adds none. Shapes: outputs [batch, ..., channels], bias [channels].
        """
        if not self.use_bias:
            return outputs
        data_format = "NHWC" if self.channel_axis == -1 else "NCHW"
        added = tf.cast(self.bias if bias is None else bias, outputs.dtype)
        return tf.nn.bias_add(outputs, added, data_format=data_format)

    def biased_and_activated(self, outputs: tf.Tensor) -> tf.Tensor:
        """Add the layer's bias, where it has one, and apply its activation."""
        outputs = self.biased(outputs)
        return outputs if self.activation is None else self.activation(outputs)

    def positions_share_kernel(self, inputs: tf.Tensor) -> bool:
        """Say whether one example meets the same kernel at more than one position."""
        del inputs
        return True

    @property
    def channel_axis(self) -> int:
        """Axis of the channels in inputs and outputs."""
        # Dense has no data_format: its features are last.
        return 1 if getattr(self, "data_format", None) == "channels_first" else -1

    def sign_shape(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return the shape of one sign per example and input channel."""
        channels = inputs.shape[self.channel_axis]
        return tf.stack(self.by_channel(inputs, tf.shape(inputs)[0], channels))

    def by_channel(self, inputs: tf.Tensor, rows: Any, channels: int) -> list[Any]:
        """The shape of numbers [rows, channels] that broadcast over every position of `inputs`."""
        shape: list[Any] = [1] * inputs.shape.rank
        shape[0] = rows
        shape[self.channel_axis] = channels
        return shape


def joined(inputs: Sequence[tf.Tensor], axis: int) -> tf.Tensor:
    """The inputs along one axis.

    TensorFlow joins single channels number by number, in twice the time of a transposition.
    """
    if axis != -1 or inputs[0].shape[-1] != 1:
        return tf.concat(inputs, axis=axis)
    rows = tf.transpose(tf.stack([tf.reshape(one, [-1]) for one in inputs]))
    joined = tf.reshape(rows, tf.concat([tf.shape(inputs[0])[:-1], [len(inputs)]], axis=0))
    return tf.ensure_shape(joined, (*inputs[0].shape[:-1], len(inputs)))
