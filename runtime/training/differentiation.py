"""The gradients of the objective for one batch, of one weight draw or of several."""

from typing import Any

import tensorflow as tf

from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.training.gradients import (
    gradients_or_zeros,
    parameters_of,
    rows_of_all_replicas,
    summed_over_draws,
)


def differentiate(
    model: Any, images: tf.Tensor, labels: tf.Tensor, step: tf.Tensor
) -> tuple[list[tf.Tensor], tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """Gradients of the scaled objective; example losses, KL, its weight, and parameters.

    Under several draws the losses and the parameters of all of them stand one after the
    other, and the gradients are those of the mean.
    """
    key = tf.stack([tf.constant(model.seed), step])
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    # The optimizer sums the gradients of the replicas: each gives its share of the mean.
    rows = rows_of_all_replicas(images)
    weight = model.objective.weight(step) if model.has_posterior() else tf.constant(0.0)

    def likelihood() -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        parameters = parameters_of(model, images, training=True)
        losses = model.objective.example_losses(parameters, labels)
        return tf.reduce_sum(losses) / rows, losses, parameters

    def likelihood_of_draw(draw_key: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        with drawing(Draw(key=draw_key, kind="estimator")):
            return likelihood()

    if model.samples > 1:
        with tf.GradientTape() as tape, drawing(Draw(key=key, kind="estimator")):
            divergence = model.kl_divergence()
            scaled = model.optimizer.scale_loss(weight * divergence / replicas)
        gradients = gradients_or_zeros(tape, scaled, model.trainable_variables)
        gradients, losses, parameters = summed_over_draws(
            likelihood_of_draw,
            key,
            model.samples,
            model.trainable_variables,
            gradients,
            lambda loss: model.optimizer.scale_loss(loss / model.samples),
        )
        return gradients, losses, divergence, weight, parameters
    # The KL within the same draw: it needs the standard deviations that the noise has had.
    with tf.GradientTape() as tape, drawing(Draw(key=key, kind="estimator")):
        loss, losses, parameters = likelihood()
        divergence = model.kl_divergence()
        scaled = model.optimizer.scale_loss(loss + weight * divergence / replicas)
    gradients = tape.gradient(scaled, model.trainable_variables)
    return gradients, losses, divergence, weight, parameters
