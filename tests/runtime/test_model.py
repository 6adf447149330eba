"""`Program.model` is a Keras model like any other: fit, evaluate, predict, callbacks, saving."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.model import BayesianModel
from bnnc.specs.methods import METHODS, NAMES
from tests.support.tiny_program import CLASSES, VARIATIONAL, arrays, program, shared_program

ROWS = 20


@cache
def trained(method: str) -> tuple[BayesianModel, Any]:
    """A model that was trained as a graph, which nobody may change."""
    model = program(method).model
    return model, model.fit(*arrays(ROWS), batch_size=8, verbose=0, epochs=2)


def eager(method: str = "flipout", **sections: Any) -> BayesianModel:
    """A model of one's own whose steps are not traced: what is tested is around them."""
    model = program(method, **sections).model
    model.run_eagerly = True
    return model


def fitted(method: str = "flipout", **arguments: Any) -> tuple[BayesianModel, Any]:
    model = eager(method)
    return model, model.fit(*arrays(ROWS), batch_size=8, verbose=0, **arguments)


@pytest.mark.parametrize("method", NAMES)
def test_fit_trains_on_arrays_and_counts_their_rows(method: str) -> None:
    model, history = trained(method)
    assert model.objective.rows == ROWS
    assert model.objective.steps_per_epoch == 3
    assert int(model.optimizer.iterations) == 6
    assert set(history.history) == {"loss", "nll", "kl", "accuracy"}
    assert np.isfinite(history.history["loss"]).all()


def test_fit_counts_the_rows_that_are_left_after_its_own_validation_split() -> None:
    for split, rows in ((0.25, 15), (0.33, 13), (0.0, 20)):
        model, history = fitted(validation_split=split)
        assert model.objective.rows == rows
        assert ("val_loss" in history.history) == (split > 0)


def test_fit_counts_rows_wherever_the_arguments_stand() -> None:
    model = eager()
    images, labels = arrays(ROWS)
    model.fit(images, labels, 5, 1, 0, None, 0.25)
    assert model.objective.rows == 15
    assert model.objective.steps_per_epoch == 3
    model.fit(x=images, y=labels, verbose=0)
    assert model.objective.rows == ROWS
    assert model.objective.steps_per_epoch == 1


def test_fit_takes_tensors_and_whole_numbers() -> None:
    images, labels = arrays(ROWS)
    model = eager()
    model.fit(tf.constant(images), tf.constant(labels), verbose=0)
    model.fit(images.astype(np.uint8), labels.astype(np.int64), verbose=0)
    assert model.objective.rows == ROWS


@pytest.mark.parametrize("method", NAMES)
def test_evaluate_gives_the_metrics_of_training(method: str) -> None:
    model, _ = trained(method)
    metrics = model.evaluate(*arrays(9), verbose=0, return_dict=True)
    assert set(metrics) == {"loss", "nll", "kl", "accuracy"}
    expected = metrics["nll"] + (metrics["kl"] / ROWS if method in VARIATIONAL else 0)
    assert metrics["loss"] == pytest.approx(expected, rel=1e-5)


def test_evaluate_needs_no_rows() -> None:
    metrics = eager().evaluate(*arrays(9), verbose=0, return_dict=True)
    assert metrics["loss"] == metrics["nll"]


@pytest.mark.parametrize("method", NAMES)
def test_predict_gives_the_parameters_of_the_distribution(method: str) -> None:
    model = shared_program(method).model
    images, _ = arrays(5)
    parameters = model.predict(images, verbose=0)
    assert parameters.shape == (5, CLASSES)
    assert np.array_equal(parameters, model.predict(images, verbose=0)) == (
        not METHODS[method].has_noise
    )
    assert model.distribution(tf.constant(images)).batch_shape == (5,)


def test_a_fit_with_one_seed_gives_the_same_bits() -> None:
    weights = []
    for _ in range(2):
        keras.utils.set_random_seed(1)  # the order of the rows, which is Keras's here
        model, _ = fitted(epochs=2)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_callbacks_of_keras_work(tmp_path: Path) -> None:
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=0, min_delta=1e9)
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "last.keras")
    log = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    model, history = fitted(epochs=10, callbacks=[stop, checkpoint, log])
    assert len(history.history["loss"]) == 2
    restored = keras.saving.load_model(tmp_path / "last.keras", safe_mode=True)
    for one, other in zip(model.get_weights(), restored.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 3


def test_the_tensorboard_callback_writes_the_metrics_of_every_epoch(tmp_path: Path) -> None:
    _, history = fitted(epochs=3, callbacks=[keras.callbacks.TensorBoard(tmp_path)])
    (path,) = (tmp_path / "train").glob("events.out.tfevents.*")
    logged: dict[str, list[float]] = {}
    for event in tf.compat.v1.train.summary_iterator(str(path)):
        for value in event.summary.value:
            if value.tag.startswith("epoch_"):
                name = value.tag.removeprefix("epoch_")
                logged.setdefault(name, []).append(float(tf.make_ndarray(value.tensor)))
    for name in ("loss", "nll", "kl", "accuracy"):
        np.testing.assert_allclose(logged[name], history.history[name], rtol=1e-6)


@pytest.mark.parametrize("method", NAMES)
def test_saving_and_loading_changes_nothing(method: str, tmp_path: Path) -> None:
    model, _ = fitted(method)
    model.save(tmp_path / "model.keras")
    loaded: Any = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert type(loaded) is BayesianModel
    # In JSON a tuple is a list.
    assert json.dumps(loaded.get_config()) == json.dumps(model.get_config())
    assert loaded.objective == model.objective
    for one, other in zip(
        [*model.variables, *model.optimizer.variables],
        [*loaded.variables, *loaded.optimizer.variables],
        strict=True,
    ):
        np.testing.assert_array_equal(np.array(one), np.array(other))


def test_a_loaded_model_takes_the_same_training_noise(tmp_path: Path) -> None:
    model, _ = fitted()
    model.save(tmp_path / "model.keras")
    loaded: Any = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    batch = tuple(tf.constant(one) for one in arrays(8))
    for one in (model, loaded):
        one.reset_metrics()
    assert float(loaded.train_step(batch)["loss"]) == float(model.train_step(batch)["loss"])
    for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_decay_of_the_learning_rate_ends_with_the_training() -> None:
    decay = {"type": "cosine_decay", "initial_learning_rate": 0.01, "alpha": 0.1}
    for precision in ("float32", "mixed_float16"):
        optimizer = {"type": "sgd", "learning_rate": decay}
        made = program(training={"optimizer": optimizer, "precision": precision})
        with pytest.raises(ValueError, match="its length is not known yet"):
            made.model.optimizer.learning_rate  # noqa: B018  # reading it is what raises
        made.model.run_eagerly = True
        made.model.fit(*arrays(ROWS), batch_size=8, epochs=3, verbose=0)
        optimizer_made: Any = made.model.optimizer
        schedule = getattr(optimizer_made, "inner_optimizer", optimizer_made)._learning_rate
        assert schedule.decay_steps == 9
        assert float(schedule(0)) == pytest.approx(0.01)
        assert float(schedule(9)) == pytest.approx(0.001)
        assert float(schedule(4.5)) == pytest.approx(0.0055)


def test_mixed_float16_scales_the_loss_so_that_small_gradients_are_not_0() -> None:
    made = program(training={"precision": "mixed_float16"})
    optimizer: Any = made.model.optimizer
    assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    assert float(optimizer.scale_loss(1.0)) == 2**15
    for precision in ("float32", "mixed_bfloat16"):
        plain = program(training={"precision": precision}).model.optimizer
        assert type(plain) is keras.optimizers.Adam


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_parameters_and_variables_are_float32_whatever_the_precision(precision: str) -> None:
    model = program(training={"precision": precision}).model
    assert model(tf.constant(arrays(2)[0])).dtype == tf.float32
    assert {one.dtype for one in model.weights} == {"float32"}
