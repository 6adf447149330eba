"""Early stopping: Keras's rules, at the end of an epoch, and remembered."""

from random import Random
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.data import DataError
from bnnc.runtime.program import Program
from bnnc.runtime.training.early_stopping import EarlyStoppingState
from bnnc.specs.training import EarlyStopping
from tests.support.tiny_program import arrays, program, shared_program

SEQUENCES = 300


class Stub:
    """What Keras's callback and `EarlyStoppingState` ask of a model: weights, and a flag to stop."""

    def __init__(self) -> None:
        self.weights = [tf.Variable(0.0)]
        self.stop_training = False

    def get_weights(self) -> list[np.ndarray]:
        return [one.numpy() for one in self.weights]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        for one, value in zip(self.weights, weights, strict=True):
            one.assign(value)


def run_keras(section: EarlyStopping, losses: list[float]) -> tuple[int, int, float]:
    """Epochs that are trained, the best one, and the weight that is left."""
    model = Stub()
    callback: Any = keras.callbacks.EarlyStopping(
        monitor="val_nll", mode="min", **section.model_dump()
    )
    callback.set_model(model)
    # Which way is better is looked up in a compiled model.
    callback._set_monitor_op = lambda: None
    callback.monitor_op = np.less
    callback.min_delta = -section.min_delta
    callback.on_train_begin()
    done = 0
    for epoch, loss in enumerate(losses):
        model.weights[0].assign(epoch + 1.0)
        done = epoch + 1
        callback.on_epoch_end(epoch, {"val_nll": loss})
        if model.stop_training:
            break
    callback.on_train_end()
    return done, callback.best_epoch + 1, float(model.weights[0])


def run(section: EarlyStopping, losses: list[float]) -> tuple[int, int, float]:
    """The same of `EarlyStoppingState`, which is saved and read back after every epoch."""
    model, watch = Stub(), EarlyStoppingState()
    done = 0
    for epoch, loss in enumerate(losses):
        model.weights[0].assign(epoch + 1.0)
        done = epoch + 1
        watch.update(section, model, epoch, loss)
        store: dict[str, Any] = {}
        watch.save_weights(store)
        watch = EarlyStoppingState.from_config(watch.get_config())
        watch.load_weights(store)
        if watch.stopped:
            break
    watch.restore(model)
    return done, watch.best_epoch, float(model.weights[0])


def test_it_stops_where_keras_does_and_keeps_the_same_weights() -> None:
    stopped = 0
    for seed in range(SEQUENCES):
        random = Random(seed)
        section = EarlyStopping(
            patience=random.randint(0, 4),
            min_delta=random.choice([0.0, 0.1]),
            start_from_epoch=random.randint(0, 3),
            restore_best_weights=random.random() < 0.5,
        )
        losses = [round(random.uniform(0, 1), 1) for _ in range(10)]
        expected = run_keras(section, losses)
        assert run(section, losses) == expected, (section, losses)
        stopped += expected[0] < 10
    assert SEQUENCES / 4 < stopped < SEQUENCES


def test_a_loss_that_is_no_number_is_never_the_best() -> None:
    section = EarlyStopping(patience=5, restore_best_weights=True)
    assert run(section, [float("nan"), 3.0, float("inf"), 2.0, 2.5]) == (5, 4, 4.0)


STOPS = {"patience": 1, "restore_best_weights": True}
# Steps so large that the validation loss soon rises.
LARGE = {"type": "sgd", "learning_rate": 2.0, "momentum": 0.9}


def trained(method: str = "none", **training: Any) -> tuple[Program, keras.callbacks.History]:
    chosen = {"batch_size": 8, "seed": 3, "epochs": 30, "optimizer": LARGE, **training}
    made = program(method, training=chosen)
    return made, made.fit(*arrays(20), validation_data=arrays(9, seed=1))


def test_a_training_ends_early_with_the_weights_of_its_best_epoch() -> None:
    made, history = trained(early_stopping=STOPS)
    watched = history.history["val_nll"]
    assert 1 < len(history.epoch) < 30
    assert made.model.watch.stopped
    assert made.model.watch.best == min(watched)
    assert made.model.watch.best_epoch == watched.index(min(watched)) + 1 == len(history.epoch) - 1
    images, labels = arrays(9, seed=1)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, made.model(images))
    assert float(tf.reduce_mean(losses)) == pytest.approx(min(watched), rel=1e-4)


def test_without_restoring_the_last_weights_stay() -> None:
    made, history = trained(early_stopping={"patience": 1})
    images, labels = arrays(9, seed=1)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, made.model(images))
    assert float(tf.reduce_mean(losses)) == pytest.approx(history.history["val_nll"][-1], rel=1e-4)


def test_patience_that_does_not_end_restores_the_best_all_the_same() -> None:
    made, history = trained(epochs=4, early_stopping={**STOPS, "patience": 30})
    assert len(history.epoch) == 4
    assert not made.model.watch.stopped
    assert made.model.watch.restored


def test_a_second_training_is_watched_anew() -> None:
    made, _ = trained(early_stopping=STOPS)
    again = made.fit(*arrays(20), validation_data=arrays(9, seed=1))
    assert made.model.watch.best == min(again.history["val_nll"])


def test_what_is_watched_with_averages_is_the_average() -> None:
    averaged = {**LARGE, "use_ema": True, "ema_momentum": 0.5}
    made, history = trained(optimizer=averaged, early_stopping=STOPS)
    images, labels = arrays(9, seed=1)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, made.model(images))
    best = min(history.history["val_nll"])
    assert float(tf.reduce_mean(losses)) == pytest.approx(best, rel=1e-4)


def test_without_validation_rows_there_is_nothing_to_watch() -> None:
    made = program(training={"early_stopping": STOPS})
    with pytest.raises(DataError, match=r"write `data\.validation_split`"):
        made.fit(*arrays(20))
    assert made.manifest["trained"] is None


def test_keras_fit_stops_by_the_callback_that_the_source_names() -> None:
    source = program(training={"early_stopping": {**STOPS, "min_delta": 0.5}}).source
    assert "keras.callbacks.EarlyStopping(" in source
    for argument in ('monitor="val_nll"', 'mode="min"', "patience=1", "min_delta=0.5"):
        assert argument in source
    assert "EarlyStopping" not in shared_program().source
    made = program("none", training={"optimizer": LARGE})
    stop = keras.callbacks.EarlyStopping(
        monitor="val_nll", mode="min", patience=1, restore_best_weights=True
    )
    history = made.model.fit(
        *arrays(20),
        batch_size=8,
        epochs=30,
        verbose=0,
        validation_data=arrays(9, seed=1),
        callbacks=[stop],
    ).history["val_nll"]
    assert len(history) < 30
    metrics = made.model.evaluate(*arrays(9, seed=1), verbose=0, return_dict=True)
    assert metrics["nll"] == pytest.approx(min(history), rel=1e-4)


def test_keras_fit_ends_with_the_average_by_the_callbacks_that_the_source_names() -> None:
    averaged = {**LARGE, "use_ema": True, "ema_momentum": 0.5}
    for restore in (False, True):
        stopping = {"patience": 1, "restore_best_weights": restore}
        training = {"optimizer": averaged, "early_stopping": stopping, "batch_size": 8}
        made = program("none", training=training)
        swap = "SwapEMAWeights(swap_on_epoch=True)" if restore else "SwapEMAWeights()"
        assert swap in made.source
        # The callbacks as they stand in the docstring.
        written = made.source.split("callbacks=")[1].split("\n    )\n")[0].strip().rstrip(",")
        history = made.model.fit(
            *arrays(20),
            batch_size=8,
            epochs=30,
            verbose=0,
            validation_data=arrays(9, seed=1),
            callbacks=eval(written, {"keras": keras}),
        ).history["val_nll"]
        metrics = made.model.evaluate(*arrays(9, seed=1), verbose=0, return_dict=True)
        expected = min(history) if restore else history[-1]
        assert metrics["nll"] == pytest.approx(expected, rel=1e-4)
