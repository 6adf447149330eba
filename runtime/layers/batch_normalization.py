"""Batch normalization in one operation, where TensorFlow has one."""

from typing import Any, Final

import keras
import tensorflow as tf

# What cuDNN takes at least.
_SMALLEST_EPSILON: Final = 1.001e-5


@keras.saving.register_keras_serializable(package="bnnc")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, faster on maps of two dimensions.

    Keras 3 takes the mean, the variance and each step of the formula as an operation of its own,
    and again for the gradient. TensorFlow has one for all of it, which it joins with a ReLU behind
    it. Whatever that one cannot do, a mask, other axes, renormalization, is Keras's own.

    Args:
        **kwargs: as in `keras.layers.BatchNormalization`.

    Input shape: [batch, ..., channels].
    Output shape: the same.
    References: Ioffe and Szegedy 2015, arXiv:1502.03167.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: Any = None) -> tf.Tensor:
        """Return (inputs - mean) / sqrt(variance + epsilon) * gamma + beta."""
        if mask is not None or not self._is_one_operation(inputs):
            return super().call(inputs, training=training, mask=mask)
        inputs = tf.cast(inputs, self.compute_dtype)
        ones = tf.ones_like(self.moving_mean)
        learns = bool(training) and self.trainable
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma) if self.scale else ones,
            offset=tf.convert_to_tensor(self.beta) if self.center else 0.0 * ones,
            mean=tf.convert_to_tensor(self.moving_mean),
            variance=tf.convert_to_tensor(self.moving_variance),
            epsilon=self.epsilon,
            is_training=learns,
        )
        if learns:
            # The operation gives the unbiased variance, and Keras averages the other one.
            count = tf.cast(tf.reduce_prod(tf.shape(inputs)[:-1]), tf.float32)
            variance *= tf.maximum(count - 1.0, 1.0) / count
            for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
                moving.assign(moving * self.momentum + now * (1.0 - self.momentum))
        return outputs

    def _is_one_operation(self, inputs: tf.Tensor) -> bool:
        return (
            len(inputs.shape) == 4
            and self.axis in {-1, 3}
            and self.epsilon >= _SMALLEST_EPSILON
            and self.moving_mean.dtype == "float32"
            and not (self.renorm or self.synchronized)
        )
