"""Fit posteriors after training, in one pass through the rows.

Nothing of it is a state of the training: it is a function of the trained weights and the rows, so a
training that was interrupted ends in the same bits.
"""

from collections.abc import Iterable
from typing import Any, Protocol, cast

import keras
import numpy as np
import tensorflow as tf

from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.tracing import suppress_retracing_warning
from bnnc.runtime.training.fit_comparison import (
    DRAWS,
    FirstRows,
    FitComparison,
    first_rows,
    negative_log_likelihoods,
    warn_of_worse,
)

# Keeps the noise of the pass apart from that of training and of its validation.
_FITTING = 0xF177

# A tensor or an array, or several in a structure that is the layer's own affair.
Information = Any


class Fitted(Protocol):
    """A layer whose posterior is fitted after training: one that has a `fit_posterior`.

    One that has `before_activation` too, its float32 outputs [rows, units] before the activation,
    is asked with what a label tells of all of these together.
    """

    input: Any
    output: Any
    activation: Any

    def information(self, inputs: tf.Tensor, curvature: tf.Tensor) -> Information:
        """Precision that rows add to the posterior, a sum over the rows.

        Args:
            inputs: what the layer reads, [rows, ...].
            curvature: second derivatives of each row's loss by each of the model's outputs,
                [rows, width]; or by all pairs of the layer's outputs before its activation,
                [rows, units, units].
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


@suppress_retracing_warning()
def fit_posteriors(
    model: Any,
    batches: Iterable[tuple[tf.Tensor, tf.Tensor]],
    held_out: Iterable[tuple[tf.Tensor, tf.Tensor]] | None = None,
) -> None:
    """Fit the posteriors around a model's weights, on all rows that it was trained on.

    The rows go through the model as at prediction, without augmentation. Where layers before are
    random, each batch has one draw of their noise. A weight of the KL other than 1/N tempers the
    posterior as it tempered the training: what the rows say is divided by weight · N.

    Args:
        model: a `BayesianModel` that is bound to the rows.
        batches: images and labels of each row once.
        held_out: images and labels of validation rows, where there are any: the likelihood of the
            first of them before and after the fit is `model.fit_comparison`. Without them, rows
            trained on are compared.

    Warns: FitWarning where the predictions of the posterior are much worse than those of the
        weights alone.
    """
    layers = fitted_layers(model)
    if not layers:
        return
    inner = keras.Model(model.input, [*(layer.input for layer in layers), model.output])
    behind = [
        None if layer.output is model.output else keras.Model(layer.output, model.output)
        for layer in layers
    ]

    @tf.function(reduce_retracing=True, autograph=False)
    def information_of(
        images: tf.Tensor, labels: tf.Tensor, number: tf.Tensor
    ) -> list[Information]:
        key = tf.random.fold_in(tf.stack([tf.constant(model.seed), number]), _FITTING)
        with drawing(Draw(key=key, kind="estimator")):
            *inputs, parameters = inner(images, training=False)
        found = []
        for layer, rest, own in zip(layers, behind, inputs, strict=True):
            if hasattr(layer, "before_activation"):
                outputs = layer.before_activation(own)
                curvature = _fisher_information(model.objective, layer, rest, outputs, labels)
            else:
                curvature = model.objective.curvature(parameters, labels)
            found.append(layer.information(own, curvature))
        return found

    sums: Information = None
    batches = FirstRows(batches)
    for number, (images, labels) in enumerate(batches):
        parts = keras.tree.map_structure(
            lambda one: np.asarray(one, np.float64),
            information_of(tf.cast(images, tf.float32), labels, tf.constant(number)),
        )
        sums = parts if sums is None else keras.tree.map_structure(np.add, sums, parts)
    compared = batches.kept if held_out is None else first_rows(held_out)
    before = negative_log_likelihoods(model, compared, draws=1)
    # Where the loss has no KL it is 1.
    temperature = model.objective.full_weight * model.objective.rows
    for layer, total in zip(layers, sums, strict=True):
        if temperature == 0:  # the prior has no say: nothing is left around the mode
            layer.forget_posterior()
        else:
            layer.fit_posterior(keras.tree.map_structure(lambda one: one / temperature, total))
    after = negative_log_likelihoods(model, compared, draws=DRAWS)
    model.fit_comparison = FitComparison(
        rows=len(before),
        held_out=held_out is not None,
        nll_before=float(before.mean()),
        nll_after=float(after.mean()),
    )
    warn_of_worse(model.fit_comparison, layers)


def _fisher_information(
    objective: Any,
    layer: Fitted,
    rest: keras.Model | None,
    outputs: tf.Tensor,
    labels: tf.Tensor,
) -> tf.Tensor:
    """Fisher information of a layer's outputs before its activation: Jᵀ F J, in float32.

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
