"""Keras's losses are the negative log-likelihood, or a multiple of it and a constant."""

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from bnnc.runtime.outputs import OUTPUTS
from bnnc.runtime.training.losses import LOSSES
from bnnc.runtime.training.objective import Objective
from tests.support.distributions import (
    CLASSES,
    ROWS,
    class_outputs,
    indices_of,
    labels_of,
    numbers_of,
    outputs,
)

KERAS_LOSSES = {
    ("categorical", "integer"): "sparse_categorical_crossentropy",
    ("categorical", "one_hot"): "categorical_crossentropy",
    ("bernoulli", "binary"): "binary_crossentropy",
    ("independent_bernoulli", "multi_hot"): "binary_crossentropy",
}


@pytest.mark.parametrize(("cell", "loss"), KERAS_LOSSES.items(), ids=str)
@pytest.mark.parametrize("parameterization", ["logits", "probs"])
def test_keras_losses_are_the_negative_log_likelihood(
    cell: tuple[str, str], loss: str, parameterization: str
) -> None:
    distribution, encoding = cell
    output = next(
        one
        for one in outputs()
        if (one.distribution_name, one.labels, one.parameterization)
        == (distribution, encoding, parameterization)
    )
    parameters = tf.constant(numbers_of(output, seed=2), tf.float32)
    labels = labels_of(output, indices_of(output))
    received = LOSSES[loss](output, parameters, labels)
    likelihood = LOSSES["negative_log_likelihood"](output, parameters, labels)
    # Keras takes the mean over independent labels, the likelihood their sum.
    times = CLASSES if encoding == "multi_hot" else 1
    np.testing.assert_allclose(times * received, likelihood, rtol=1e-4, atol=2e-5)
    # And it is Keras's own number, not a copy of its formula.
    columns = labels[:, tf.newaxis] if encoding == "binary" else labels
    own = getattr(keras.losses, loss)(columns, parameters, from_logits=parameterization == "logits")
    np.testing.assert_array_equal(received, own)


@pytest.mark.parametrize("event_size", [1, 3])
def test_the_likelihood_of_a_fixed_scale_is_the_mean_squared_error_and_a_constant(
    event_size: int,
) -> None:
    scale = 0.5
    output = OUTPUTS["normal"].from_config(
        {"parameterization": "loc", "labels": "real", "event_size": event_size, "scale": scale}
    )
    parameters = tf.constant(numbers_of(output), tf.float32)
    labels = labels_of(output, indices_of(output))
    squares = LOSSES["mean_squared_error"](output, parameters, labels)
    rows = tf.reshape(labels, (ROWS, event_size))
    np.testing.assert_array_equal(squares, keras.losses.mean_squared_error(rows, parameters))
    constant = event_size * np.log(scale * np.sqrt(2 * np.pi))
    likelihood = LOSSES["negative_log_likelihood"](output, parameters, labels)
    expected = event_size * squares / (2 * scale**2) + constant
    np.testing.assert_allclose(likelihood, expected, rtol=1e-5)


@pytest.mark.parametrize("parameterization", ["log_rate", "rate"])
def test_the_likelihood_of_a_count_is_keras_poisson_loss_and_a_constant_of_the_label(
    parameterization: str,
) -> None:
    output = OUTPUTS["poisson"](parameterization=parameterization, labels="count")
    numbers = numbers_of(output)
    parameters, labels = tf.constant(numbers, tf.float32), labels_of(output, indices_of(output))
    loss = LOSSES["poisson"](output, parameters, labels)
    rate = np.exp(numbers) if parameterization == "log_rate" else numbers
    own = keras.losses.poisson(labels[:, tf.newaxis], tf.constant(rate, tf.float32))
    np.testing.assert_allclose(loss, own, rtol=1e-5, atol=1e-5)
    likelihood = LOSSES["negative_log_likelihood"](output, parameters, labels)
    constant = scipy.special.gammaln(np.asarray(labels) + 1)
    np.testing.assert_allclose(likelihood, loss + constant, rtol=1e-5, atol=2e-5)


def test_a_class_weight_multiplies_the_loss_of_its_class_as_in_keras() -> None:
    for output in class_outputs():
        if output.labels == "soft" or output.distribution_name == "one_hot_categorical":
            continue
        weights = np.linspace(0.5, 3, output.classes)
        keras_loss = KERAS_LOSSES.get((output.distribution_name, output.labels))
        loss = keras_loss or "negative_log_likelihood"
        indices = indices_of(output)
        labels = labels_of(output, indices)
        parameters = tf.constant(numbers_of(output), tf.float32)
        plain = Objective(output, loss)
        weighted = Objective(output, loss, class_weight=tuple(weights))
        losses = weighted.example_losses(parameters, labels)
        alike = plain.example_losses(parameters, labels)
        np.testing.assert_allclose(losses, weights[indices] * alike, rtol=1e-6)
        np.testing.assert_array_equal(
            weighted.negative_log_likelihoods(parameters, labels, losses),
            LOSSES["negative_log_likelihood"](output, parameters, labels),
        )
        assert Objective.from_config(weighted.get_config()) == weighted


def test_class_weights_of_another_number_than_classes_are_refused() -> None:
    for output in outputs():
        with pytest.raises(ValueError, match="Received: class_weight"):
            Objective(output, class_weight=(1.0,) * 7)


def test_keras_own_class_weight_gives_the_same_mean_loss() -> None:
    output = OUTPUTS["categorical"].from_config(
        {"parameterization": "logits", "labels": "integer", "classes": CLASSES}
    )
    indices = indices_of(output)
    numbers = numbers_of(output).astype(np.float32)
    weights = (0.5, 1.0, 2.0, 4.0)
    identity = keras.layers.Dense(CLASSES, kernel_initializer="identity")
    model = keras.Sequential([keras.Input((CLASSES,)), identity])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(loss=loss, optimizer="sgd")
    own = model.fit(
        numbers, indices, batch_size=ROWS, class_weight=dict(enumerate(weights)), verbose=0
    )
    objective = Objective(output, class_weight=weights)
    labels = tf.constant(indices, tf.int32)
    received = tf.reduce_mean(objective.example_losses(tf.constant(numbers), labels))
    assert float(received) == pytest.approx(own.history["loss"][0], rel=1e-5)
