"""Posteriors that are fitted after training: one pass through the rows, around the weights it found.

Nothing of it is a state of the training: it is a function of the trained weights and the rows, so a
training that was interrupted ends in the same bits.
"""

from collections.abc import Iterable
from typing import Any, Protocol, cast

import keras
import numpy as np
import tensorflow as tf

# Tensors, or arrays, in a structure that is the layer's own affair.
Information = Any


class Fitted(Protocol):
    """A layer whose posterior is fitted after training: one that has a `fit_posterior`."""

    input: Any
    output: Any
    activation: Any

    def before_activation(self, inputs: tf.Tensor) -> tf.Tensor:
        """The outputs for the weights as they are. Shapes: [rows, ...] -> float32 [rows, units]."""

    def information(self, inputs: tf.Tensor, fisher: tf.Tensor) -> Information:
        """What rows say about the weights, in sums over the rows.

        Args:
            inputs: what the layer reads, [rows, ...].
            fisher: what each row's label tells of `before_activation`, [rows, units, units].
        """

    def fit_posterior(self, information: Information) -> None:
        """Take the posterior of all rows, whose `information` is summed in double precision."""

    def forget_posterior(self) -> None:
        """Know no posterior: the weights are about to change."""


def fitted_layers(model: keras.Model) -> list[Fitted]:
    """The layers of a model whose posterior is fitted after training."""
    return [cast(Fitted, layer) for layer in model.layers if hasattr(layer, "fit_posterior")]


def forget_posteriors(model: keras.Model) -> None:
    """Know no fitted posterior, until the training that begins now is over."""
    for layer in fitted_layers(model):
        layer.forget_posterior()


def fit_posteriors(model: Any, batches: Iterable[tuple[tf.Tensor, tf.Tensor]]) -> None:
    """Fit the posteriors around a model's weights, on all rows that it was trained on.

    The rows go through the model as at prediction: nothing is augmented, nothing dropped.

    Args:
        model: a `BayesianModel`.
        batches: images and labels of each row once.
    """
    layers = fitted_layers(model)
    if not layers:
        return
    before = keras.Model(model.input, [layer.input for layer in layers])
    behind = [
        None if layer.output is model.output else keras.Model(layer.output, model.output)
        for layer in layers
    ]

    @tf.function(reduce_retracing=True)
    def information_of(images: tf.Tensor, labels: tf.Tensor) -> list[Information]:
        found = []
        # Keras gives one tensor for a list of one.
        read = keras.tree.flatten(before(images, training=False))
        for layer, rest, inputs in zip(layers, behind, read, strict=True):
            outputs = layer.before_activation(inputs)
            fisher = _fisher_information(model.objective, layer, rest, outputs, labels)
            found.append(layer.information(inputs, fisher))
        return found

    total: Information = None
    for images, labels in batches:
        part = keras.tree.map_structure(
            lambda one: np.asarray(one, np.float64),
            information_of(tf.cast(images, tf.float32), labels),
        )
        total = part if total is None else keras.tree.map_structure(np.add, total, part)
    for layer, information in zip(layers, total, strict=True):
        layer.fit_posterior(information)


def _fisher_information(
    objective: Any,
    layer: Fitted,
    rest: keras.Model | None,
    outputs: tf.Tensor,
    labels: tf.Tensor,
) -> tf.Tensor:
    """What labels tell of a layer's outputs before its activation: Jᵀ F J, in float32.

    F is what they tell of the distribution's parameters, J the derivatives of those.
    """
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        parameters = outputs if layer.activation is None else layer.activation(outputs)
        if rest is not None:
            parameters = tf.cast(rest(parameters, training=False), tf.float32)
    fisher = objective.fisher_information(parameters, labels)
    if parameters is outputs:
        return fisher
    slopes = tape.batch_jacobian(parameters, outputs)
    return tf.einsum("bik,bij,bjl->bkl", slopes, fisher, slopes)
