"""What is fitted after training sees every row once, whoever trains, and is forgotten by the next."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.model import BayesianModel
from bnnc.runtime.outputs.categorical import Categorical
from bnnc.runtime.training.batches import ArrayBatches
from bnnc.runtime.training.loop import train
from bnnc.runtime.training.objective import Objective
from tests.support.tiny_program import CLASSES, SHAPE, arrays

ROWS = 20


class Counting(keras.layers.Dense):
    """Counts the rows, adds up what it reads, and their curvature."""

    fitted: Any = None

    def information(self, inputs: tf.Tensor, curvature: tf.Tensor) -> tf.Tensor:
        ones = tf.ones(tf.shape(inputs)[:1])
        return tf.stack([tf.reduce_sum(one) for one in (ones, inputs, curvature)])

    def fit_posterior(self, information: np.ndarray) -> None:
        self.fitted = information

    def forget_posterior(self) -> None:
        self.fitted = None


def model(kl_weight: str | float = "per_example") -> tuple[BayesianModel, Counting]:
    images = keras.Input(SHAPE)
    layer = Counting(CLASSES, kernel_initializer=keras.initializers.HeNormal(seed=1))
    outputs = layer(keras.layers.Flatten()(images))
    output = Categorical(parameterization="logits", labels="integer", classes=CLASSES)
    objective = Objective(output, kl_weight=kl_weight)
    made = BayesianModel(inputs=images, outputs=outputs, objective=objective)
    made.compile(optimizer="sgd")
    return made, layer


def expected(made: BayesianModel, images: np.ndarray) -> list[float]:
    probs = tf.nn.softmax(made(images)).numpy()
    return [len(images), float(images.sum()), float((probs * (1 - probs)).sum())]


@pytest.mark.parametrize("batch_size", [8, ROWS])
def test_it_sees_every_row_once_with_the_trained_weights(batch_size: int) -> None:
    made, layer = model()
    images, labels = arrays(ROWS)
    train(made, ArrayBatches(images, labels, batch_size, seed=3), epochs=2)
    np.testing.assert_allclose(layer.fitted, expected(made, images), rtol=1e-5)


def test_keras_fit_fits_it_to_the_rows_that_it_trained_on() -> None:
    made, layer = model()
    images, labels = arrays(ROWS)
    made.fit(images, labels, batch_size=8, validation_split=0.25, verbose=0)
    np.testing.assert_allclose(layer.fitted, expected(made, images[:15]), rtol=1e-5)
    batches = tf.data.Dataset.from_tensor_slices((images, labels)).batch(8)
    made.bind(rows=ROWS, batch_size=8)
    forgotten: Any = layer.fitted
    assert forgotten is None
    made.fit(batches, shuffle=False, verbose=0)
    np.testing.assert_allclose(layer.fitted, expected(made, images), rtol=1e-5)


def test_while_a_training_is_under_way_nothing_is_fitted() -> None:
    made, layer = model()
    images, labels = arrays(ROWS)
    batches = ArrayBatches(images, labels, 8, seed=3)
    train(made, batches, epochs=1)
    assert layer.fitted is not None
    seen: list[Any] = []
    note = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: seen.append(layer.fitted),
        on_epoch_end=lambda epoch, logs: seen.append(layer.fitted),
    )
    train(made, batches, epochs=3, first_epoch=1, callbacks=[note])
    *before, last = seen
    assert all(one is None for one in before)
    np.testing.assert_array_equal(last, layer.fitted)  # what a callback saves at the end has it


def test_it_is_fitted_where_a_callback_ends_the_training() -> None:
    made, layer = model()
    images, labels = arrays(ROWS)
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=0, min_delta=1e9)
    assert len(train(made, ArrayBatches(images, labels, 8), epochs=9, callbacks=[stop])) == 2
    np.testing.assert_allclose(layer.fitted, expected(made, images), rtol=1e-5)


@pytest.mark.parametrize(("weight", "temperature"), [(0.5, 0.5 * ROWS), (2 / ROWS, 2.0)])
def test_the_weight_of_the_kl_tempers_what_the_rows_say(weight: float, temperature: float) -> None:
    made, layer = model(weight)
    images, labels = arrays(ROWS)
    train(made, ArrayBatches(images, labels, 8), epochs=1)
    wanted = np.array(expected(made, images)) / temperature
    np.testing.assert_allclose(layer.fitted, wanted, rtol=1e-5)


def test_without_a_prior_in_the_loss_nothing_is_fitted() -> None:
    made, layer = model(0.0)
    train(made, ArrayBatches(*arrays(ROWS), 8), epochs=1)
    assert layer.fitted is None
