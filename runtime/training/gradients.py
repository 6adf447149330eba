"""Gradients of a step: summed over weight draws, clipped over devices."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime.ordered_sum import ordered_sum
from bnnc.runtime.row_noise import rows_here
from bnnc.runtime.training.ema import inner_optimizer

# Keeps the draws of one step apart from the noise of other steps.
_DRAWS = 0xD4A3

Likelihood = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor, tf.Tensor]]


def gradients_or_zeros(
    tape: tf.GradientTape, target: tf.Tensor, variables: list[keras.Variable]
) -> list[tf.Tensor]:
    """Gradients of a target, 0 by what it does not depend on."""
    gradients = tape.gradient(target, variables)
    return [
        tf.zeros(variable.shape) if gradient is None else gradient
        for gradient, variable in zip(gradients, variables, strict=True)
    ]


def rows_of_all_replicas(images: tf.Tensor) -> tf.Tensor:
    """Rows of a batch, those of the other devices included: float32, shape []."""
    rows = tf.cast(tf.shape(images)[0], tf.float32)
    replica, here = tf.distribute.get_replica_context(), rows_here()
    if replica is None or replica.num_replicas_in_sync == 1:
        return rows
    if here is not None:
        return tf.cast(here.total, tf.float32)
    return replica.all_reduce(tf.distribute.ReduceOp.SUM, rows)


def parameters_of(model: keras.Model, images: tf.Tensor, training: bool) -> tf.Tensor:
    """The distribution's parameters, also where a replica has none of a batch's rows.

    Not all of TensorFlow's kernels take empty tensors: the gradient of max pooling on a CPU ends
    the process. A blank image stands in for the missing ones, without a loss.
    """
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return model(images, training=training)
    rows = tf.shape(images)[0]
    blank = tf.zeros([tf.maximum(1 - rows, 0), *images.shape[1:]], images.dtype)
    parameters = model(tf.concat([images, blank], axis=0), training=training)[:rows]
    return tf.ensure_shape(parameters, [images.shape[0], *parameters.shape[1:]])


def summed_over_draws(
    likelihood: Likelihood,
    key: tf.Tensor,
    samples: int,
    variables: list[keras.Variable],
    gradients: list[tf.Tensor],
    scale: Callable[[tf.Tensor], tf.Tensor],
) -> tuple[list[tf.Tensor], tf.Tensor, tf.Tensor]:
    """Add the gradients of the draws, one after the other: memory is that of one draw.

    Shapes: losses [samples · batch], parameters [samples · batch, width], draw after draw.

    Args:
        likelihood: from a key to the loss of a draw, the losses of its examples, and the
            parameters of the output distribution.
        key: the step's key, int32 of shape [2].
        samples: number of draws.
        variables: what is differentiated by.
        gradients: what the gradients are added to.
        scale: from the loss of one draw to what is differentiated.
    """
    step_key = tf.random.fold_in(key, _DRAWS)
    losses = tf.TensorArray(tf.float32, size=samples)
    parameters = tf.TensorArray(tf.float32, size=samples)

    def one_draw(
        sample: tf.Tensor, added: list[tf.Tensor], losses: Any, parameters: Any
    ) -> tuple[tf.Tensor, list[tf.Tensor], Any, Any]:
        with tf.GradientTape() as tape:
            loss, example_losses, outputs = likelihood(tf.random.fold_in(step_key, sample))
            scaled = scale(loss)
        own = gradients_or_zeros(tape, scaled, variables)
        return (
            sample + 1,
            [ordered_sum(terms) for terms in zip(added, own, strict=True)],
            losses.write(sample, example_losses),
            parameters.write(sample, tf.cast(outputs, tf.float32)),
        )

    _, gradients, losses, parameters = tf.while_loop(
        lambda sample, *_: sample < samples,
        one_draw,
        (tf.constant(0), gradients, losses, parameters),
        parallel_iterations=1,
        maximum_iterations=samples,
    )
    outputs = parameters.stack()
    return (
        list(gradients),
        tf.reshape(losses.stack(), [-1]),
        tf.reshape(outputs, [-1, outputs.shape[-1]]),
    )


def clipped_over_replicas(optimizer: Any, gradients: list[tf.Tensor]) -> list[tf.Tensor]:
    """Gradients that the optimizer clips as if one device had made them.

    Keras clips what each replica has made before it is summed, so that the limit would depend on
    the number of devices. Here the sum is clipped, and each replica gives its equal share: less
    than the limit, so that Keras's own clipping leaves it alone.
    """
    replica = tf.distribute.get_replica_context()
    inner = inner_optimizer(optimizer)
    limits = (inner.clipnorm, inner.global_clipnorm, inner.clipvalue)
    several = replica is not None and replica.num_replicas_in_sync > 1
    if not several or limits == (None, None, None):
        return gradients
    # Under mixed_float16 the gradients are those of the scaled loss.
    scale = getattr(optimizer, "dynamic_scale", None)
    scale = tf.constant(1.0) if scale is None else tf.convert_to_tensor(scale)
    summed = replica.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
    if inner.clipnorm is not None:
        clipped = [tf.clip_by_norm(one, scale * inner.clipnorm) for one in summed]
    elif inner.global_clipnorm is not None:
        clipped, _ = tf.clip_by_global_norm(summed, scale * inner.global_clipnorm)
    else:
        limit = scale * inner.clipvalue
        # What overflowed stays so: the step must be skipped.
        clipped = [
            tf.where(tf.math.is_finite(one), tf.clip_by_value(one, -limit, limit), one)
            for one in summed
        ]
    return [one / replica.num_replicas_in_sync for one in clipped]
