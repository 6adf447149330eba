"""Smoothed losses are Keras's own, and what is reported is of the labels as they are."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import bnnc
from bnnc.runtime import Objective
from bnnc.runtime.outputs.bernoulli import Bernoulli
from bnnc.runtime.outputs.categorical import Categorical
from bnnc.runtime.training.losses import LOSSES
from bnnc.specs.loss import SMOOTHING

ROWS, CLASSES = 9, 4
SHARES = (0.0, 0.1, 0.5, 0.99)
PARAMETERIZATIONS = ("logits", "probs")


def over_classes(parameterization: str) -> tuple[Any, tf.Tensor, tf.Tensor]:
    generator = np.random.default_rng(5)
    numbers = tf.constant(generator.normal(size=(ROWS, CLASSES)), tf.float32)
    numbers = tf.nn.softmax(numbers) if parameterization == "probs" else numbers
    labels = tf.one_hot(generator.integers(0, CLASSES, ROWS), CLASSES)
    return Categorical(parameterization, "one_hot", CLASSES), numbers, labels


def yes_or_no(parameterization: str) -> tuple[Any, tf.Tensor, tf.Tensor]:
    generator = np.random.default_rng(6)
    numbers = tf.constant(generator.normal(size=(ROWS, 1)), tf.float32)
    numbers = tf.sigmoid(numbers) if parameterization == "probs" else numbers
    return (
        Bernoulli(parameterization, "binary"),
        numbers,
        tf.constant(generator.integers(0, 2, ROWS)),
    )


CASES = {
    "categorical_crossentropy": (over_classes, keras.losses.CategoricalCrossentropy),
    "binary_crossentropy": (yes_or_no, keras.losses.BinaryCrossentropy),
}


def test_every_loss_that_smooths_has_a_case() -> None:
    assert set(CASES) == SMOOTHING


@pytest.mark.parametrize("loss", CASES)
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("parameterization", PARAMETERIZATIONS)
def test_a_smoothed_loss_is_the_one_of_kerass_class(
    loss: str, share: float, parameterization: str
) -> None:
    make, keras_class = CASES[loss]
    output, parameters, labels = make(parameterization)
    received = Objective(output, loss, label_smoothing=share).example_losses(parameters, labels)
    own = keras_class(
        from_logits=parameterization == "logits", label_smoothing=share, reduction=None
    )
    columns = labels[:, tf.newaxis] if labels.shape.rank == 1 else labels
    np.testing.assert_array_equal(received, own(columns, parameters))


@pytest.mark.parametrize("share", SHARES)
def test_a_smoothed_loss_is_the_mean_over_labels_drawn_with_the_share(share: float) -> None:
    output, parameters, labels = over_classes("logits")
    plain = LOSSES["categorical_crossentropy"]
    each = [
        plain(output, parameters, tf.one_hot(tf.fill(ROWS, index), CLASSES))
        for index in range(CLASSES)
    ]
    expected = (1 - share) * plain(output, parameters, labels) + share * np.mean(each, axis=0)
    received = LOSSES["categorical_crossentropy"](output, parameters, labels, share)
    np.testing.assert_allclose(received, expected, rtol=1e-5)


@pytest.mark.parametrize("loss", sorted(set(LOSSES) - SMOOTHING))
def test_a_loss_without_smoothing_refuses_it(loss: str) -> None:
    output, parameters, labels = over_classes("logits")
    with pytest.raises(ValueError, match=r"Received: label_smoothing=0\.1, loss="):
        Objective(output, loss, label_smoothing=0.1)
    with pytest.raises(ValueError, match=r"Received: label_smoothing=0\.1, loss="):
        LOSSES[loss](output, parameters, labels, 0.1)


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_what_is_no_share_is_refused(share: float) -> None:
    output, _, _ = over_classes("logits")
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        Objective(output, "categorical_crossentropy", label_smoothing=share)


def program(share: float) -> bnnc.Program:
    output = {"distribution": "categorical", "parameterization": "logits", "labels": "one_hot"}
    return bnnc.compile(
        {
            "bnnc": 1,
            "name": "smooth",
            "input": {"shape": [4, 4, 1]},
            "layers": [{"type": "flatten"}, {"type": "dense", "units": CLASSES}],
            "output": {**output, "classes": CLASSES},
            "loss": {"type": "categorical_crossentropy", "label_smoothing": share},
            "training": {"batch_size": ROWS, "epochs": 1},
        }
    )


def test_training_minimises_the_smoothed_loss_and_reports_the_likelihood_of_the_labels() -> None:
    images = np.random.default_rng(7).uniform(0, 255, (ROWS, 4, 4, 1)).astype(np.float32)
    labels = tf.one_hot(np.arange(ROWS) % CLASSES, CLASSES)
    made = program(0.3)
    parameters = made.model(images)
    plain = keras.losses.CategoricalCrossentropy(from_logits=True)(labels, parameters)
    smoothed = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.3)(
        labels, parameters
    )
    tested = made.model.test_on_batch(images, labels, return_dict=True)
    trained = made.train_step(images, labels)
    for metrics in (tested, trained):
        assert metrics["loss"] == pytest.approx(float(smoothed), rel=1e-5)
        assert metrics["nll"] == pytest.approx(float(plain), rel=1e-5)
    assert abs(float(smoothed - plain)) > 1e-3
    # And an evaluation scores the labels that there are, whatever was trained with.
    indices = np.arange(ROWS) % CLASSES
    made.model.set_weights(program(0.0).model.get_weights())
    assert made.evaluate(images, indices) == program(0.0).evaluate(images, indices)


def test_a_smoothed_model_comes_back_smoothed(tmp_path: Any) -> None:
    program(0.3).save(tmp_path / "saved")
    loaded = bnnc.load(tmp_path / "saved")
    assert loaded.model.objective.label_smoothing == 0.3
    assert loaded.spec.loss.label_smoothing == 0.3
