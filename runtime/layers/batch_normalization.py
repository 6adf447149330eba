"""Batch normalization in one operation, where TensorFlow has one."""

from typing import Any, Final

import keras
import tensorflow as tf

from bnnc.runtime.row_noise import rows_here

# What cuDNN takes at least.
_SMALLEST_EPSILON: Final = 1.001e-5


@keras.saving.register_keras_serializable(package="bnnc")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, faster on maps of two dimensions.

    Keras 3 takes the mean, the variance and each step of the formula as an operation of its own,
    and again for the gradient. TensorFlow has one for all of it, which it joins with a ReLU behind
    it. Whatever that one cannot do, a mask, other axes, renormalization, is Keras's own.

    Where a batch is divided over devices or machines, mean and variance are those of the whole batch.

    Args:
        **kwargs: as in `keras.layers.BatchNormalization`.

    Input shape: [batch, ..., channels].
    Output shape: the same.
    References: Ioffe and Szegedy 2015, arXiv:1502.03167.
    """

    def add_weight(self, *args: Any, **kwargs: Any) -> keras.Variable:
        """Add a variable; the moving averages are the same on all devices."""
        if not kwargs.get("trainable", True):
            kwargs["aggregation"] = "only_first_replica"
        return super().add_weight(*args, **kwargs)

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: Any = None) -> tf.Tensor:
        """Return (inputs - mean) / sqrt(variance + epsilon) * gamma + beta."""
        replica = tf.distribute.get_replica_context()
        several = replica is not None and replica.num_replicas_in_sync > 1
        if several and training and self.trainable and self._is_plain(inputs, mask):
            return self._over_replicas(inputs, replica)
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
            self._average(mean, variance)
        return outputs

    def _average(self, mean: tf.Tensor, variance: tf.Tensor) -> None:
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + now * (1.0 - self.momentum))

    def _over_replicas(self, inputs: tf.Tensor, replica: Any) -> tf.Tensor:
        """Normalise by the rows of all devices: one sum over them, and one for the gradient."""
        maps, here, channels = tf.cast(inputs, tf.float32), rows_here(), inputs.shape[-1]
        rows = maps if here is None else maps[: here.count]
        # Around a number near the mean, a variance from sums of squares keeps its digits.
        near = tf.stop_gradient(tf.convert_to_tensor(self.moving_mean))
        flat = tf.reshape(rows, [-1, channels]) - near
        parts = [
            tf.reduce_sum(flat, axis=0),
            tf.reduce_sum(tf.square(flat), axis=0),
            tf.cast(tf.shape(flat)[:1], tf.float32),
        ]
        sums = replica.all_reduce(tf.distribute.ReduceOp.SUM, tf.concat(parts, axis=0))
        offset, squares = sums[:channels] / sums[-1], sums[channels:-1] / sums[-1]
        mean, variance = near + offset, tf.nn.relu(squares - tf.square(offset))
        self._average(mean, variance)
        outputs = tf.nn.batch_normalization(
            maps,
            mean,
            variance,
            tf.convert_to_tensor(self.beta) if self.center else None,
            tf.convert_to_tensor(self.gamma) if self.scale else None,
            self.epsilon,
        )
        return tf.cast(outputs, self.compute_dtype)

    def _is_plain(self, inputs: tf.Tensor, mask: Any) -> bool:
        is_last = self.axis in {-1, len(inputs.shape) - 1}
        return mask is None and is_last and not (self.renorm or self.synchronized)

    def _is_one_operation(self, inputs: tf.Tensor) -> bool:
        return (
            len(inputs.shape) == 4
            and self.axis in {-1, 3}
            and self.epsilon >= _SMALLEST_EPSILON
            and self.moving_mean.dtype == "float32"
            and not (self.renorm or self.synchronized)
        )
