"""Posteriors that are fitted after training: one pass through the rows, around the weights it found.

Nothing of it is a state of the training: it is a function of the trained weights and the rows, so a
training that was interrupted ends in the same bits.
"""

from collections.abc import Iterable
from typing import Any, Protocol, cast

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.tracing import traced_once_a_model

# Keeps the noise of the pass apart from that of training and of its validation.
_FITTING = 0xF177


class Fitted(Protocol):
    """A layer whose posterior is fitted after training: one that has a `fit_posterior`."""

    input: Any

    def information(self, inputs: tf.Tensor, curvature: tf.Tensor) -> tf.Tensor:
        """What rows add to the precision of the posterior, a sum over the rows.

        Args:
            inputs: what the layer reads, [rows, ...].
            curvature: second derivatives of each row's loss by each of the model's outputs,
                [rows, width].
        """

    def fit_posterior(self, information: npt.NDArray[np.float64]) -> None:
        """Take the posterior of all rows, whose `information` is summed."""

    def forget_posterior(self) -> None:
        """Know no posterior: the weights are about to change."""


def fitted_layers(model: keras.Model) -> list[Fitted]:
    """The layers of a model whose posterior is fitted after training."""
    return [cast(Fitted, layer) for layer in model.layers if hasattr(layer, "fit_posterior")]


def forget_posteriors(model: keras.Model) -> None:
    """Know no fitted posterior, until the training that begins now is over."""
    for layer in fitted_layers(model):
        layer.forget_posterior()


@traced_once_a_model()
def fit_posteriors(model: Any, batches: Iterable[tuple[tf.Tensor, tf.Tensor]]) -> None:
    """Fit the posteriors around a model's weights, on all rows that it was trained on.

    The rows go through the model as at prediction, without augmentation. Where layers before are
    random, each batch has one draw of their noise. A weight of the KL other than 1/N tempers the
    posterior as it tempered the training: what the rows say is divided by weight · N.

    Args:
        model: a `BayesianModel` that is bound to the rows.
        batches: images and labels of each row once.
    """
    layers = fitted_layers(model)
    if not layers:
        return
    inner = keras.Model(model.input, [*(layer.input for layer in layers), model.output])

    @tf.function(reduce_retracing=True)
    def information_of(images: tf.Tensor, labels: tf.Tensor, number: tf.Tensor) -> list[tf.Tensor]:
        key = tf.random.fold_in(tf.stack([tf.constant(model.seed), number]), _FITTING)
        with drawing(Draw(key=key, kind="estimator")):
            *inputs, parameters = inner(images, training=False)
        curvature = model.objective.curvature(parameters, labels)
        pairs = zip(layers, inputs, strict=True)
        return [layer.information(own, curvature) for layer, own in pairs]

    sums: list[Any] = [0.0] * len(layers)
    for number, (images, labels) in enumerate(batches):
        parts = information_of(tf.cast(images, tf.float32), labels, tf.constant(number))
        sums = [
            total + np.asarray(part, np.float64) for total, part in zip(sums, parts, strict=True)
        ]
    temperature = model.objective.full_weight * model.objective.rows
    for layer, total in zip(layers, sums, strict=True):
        if temperature == 0:  # the prior has no say: nothing is left around the mode
            layer.forget_posterior()
        else:
            layer.fit_posterior(total / temperature)
