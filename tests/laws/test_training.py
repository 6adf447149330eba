"""The training loop: every row once an epoch, and the same bits through an interruption."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.program import Program
from bnnc.runtime.runs.loading import load
from bnnc.runtime.runs.run_folder import (
    RunWriter,
    epochs_done,
    start_run,
)
from bnnc.runtime.training.batches import ArrayBatches
from bnnc.runtime.training.loop import train
from bnnc.specs.methods import NAMES
from tests.support.tiny_program import arrays, program

ROWS = 20  # in batches of 8, the last one smaller


def weights_of(made: Program) -> list[np.ndarray]:
    """Everything that training changes: weights and the optimizer's state."""
    model: Any = made.model
    return [np.array(one) for one in [*model.weights, *model.optimizer.variables]]


def assert_same_bits(one: Program, other: Program) -> None:
    for first, second in zip(weights_of(one), weights_of(other), strict=True):
        np.testing.assert_array_equal(first, second)


def flat(batches: list[list[int]]) -> list[int]:
    return [row for batch in batches for row in batch]


class Numbered(ArrayBatches):
    """Rows whose images hold their own number, and a record of the batches that were made."""

    def order(self, epoch: int) -> list[list[int]]:
        return [images[:, 0, 0, 0].numpy().astype(int).tolist() for images, _ in self.epoch(epoch)]


def numbered(seed: int | None, rows: int = ROWS) -> Numbered:
    images = np.broadcast_to(np.arange(rows).reshape(-1, 1, 1, 1), (rows, 6, 6, 1))
    return Numbered(images, np.arange(rows) % 3, batch_size=8, seed=seed)


def test_every_row_comes_exactly_once_an_epoch() -> None:
    for epoch in range(3):
        batches = numbered(seed=1).order(epoch)
        assert [len(batch) for batch in batches] == [8, 8, 4]
        assert sorted(flat(batches)) == list(range(ROWS))


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    first = numbered(seed=1)
    in_turn = [first.order(epoch) for epoch in (0, 1, 0)]
    assert in_turn[0] == in_turn[2] == numbered(seed=1).order(0)
    assert in_turn[0] != in_turn[1]
    assert in_turn[0] != numbered(seed=2).order(0)


def test_without_a_seed_the_rows_stay_as_they_are() -> None:
    assert flat(numbered(seed=None).order(5)) == list(range(ROWS))


def test_labels_stay_with_their_images() -> None:
    for images, labels in numbered(seed=3).epoch(0):
        assert images.dtype == tf.float32
        np.testing.assert_array_equal(images[:, 0, 0, 0] % 3, labels)


def test_the_loop_takes_every_row_of_the_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    made = program("none", input={"shape": [6, 6, 1], "value_range": [0, 255]})
    seen: list[int] = []
    own = made.model.train_step

    def recording(data: Any) -> Any:
        tf.py_function(lambda images: seen.extend(images[:, 0, 0, 0].numpy()), [data[0]], [])
        return own(data)

    monkeypatch.setattr(made.model, "train_step", recording)
    rows = numbered(seed=1)
    train(made.model, rows, epochs=2)
    assert seen == flat(rows.order(0)) + flat(rows.order(1))


def stepped(made: Program) -> list[dict[str, float]]:
    """The metrics of three steps, without a trace; `test_interruptions.py` has trainings' bits."""
    made.model.bind(rows=ROWS, batch_size=8)
    return [made.train_step(*arrays(8, seed=step)) for step in range(3)]


@pytest.mark.parametrize("method", NAMES)
def test_the_same_spec_data_and_seed_give_the_same_bits(method: str) -> None:
    programs = [program(method), program(method)]
    first, second = (stepped(one) for one in programs)
    assert first == second
    assert_same_bits(*programs)


def test_another_seed_gives_other_weights() -> None:
    programs = [program(training={"batch_size": 8, "seed": seed}) for seed in (1, 2)]
    for one in programs:
        stepped(one)
    assert not np.array_equal(weights_of(programs[0])[0], weights_of(programs[1])[0])


def test_the_metrics_of_an_epoch_are_means_over_its_rows() -> None:
    """With a learning rate that changes nothing, against the Keras loss of all rows at once."""
    still = {"optimizer": {"type": "sgd", "learning_rate": 1e-30}, "batch_size": 8}
    made = program("none", training=still)
    images, labels = arrays(ROWS)
    logits = made.model(images)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    history = made.fit(images, labels, validation_data=arrays(9, seed=1), epochs=2)
    for epoch in history.epoch:
        metrics = {name: values[epoch] for name, values in history.history.items()}
        assert metrics["nll"] == pytest.approx(float(tf.reduce_mean(losses)), rel=1e-5)
        hits = np.argmax(logits, axis=-1) == labels
        assert metrics["accuracy"] == pytest.approx(hits.mean())
        assert metrics["seconds"] > 0
        assert metrics["images_per_second"] == pytest.approx(ROWS / metrics["seconds"])
    images, labels = arrays(9, seed=1)
    validation = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, made.model(images))
    assert history.history["val_nll"][-1] == pytest.approx(
        float(tf.reduce_mean(validation)), rel=1e-5
    )


class KilledError(Exception):
    """What stands for the end of the process."""


class KillAfter(keras.callbacks.Callback):
    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.epochs = epochs

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch + 1 == self.epochs:
            raise KilledError


def test_a_step_is_traced_at_most_twice_over_several_epochs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once for whole batches, and once more for the smaller last one."""
    made = program("none")
    traces = 0
    own = made.model.train_step

    def counting(data: Any) -> Any:
        nonlocal traces
        traces += 1
        return own(data)

    monkeypatch.setattr(made.model, "train_step", counting)
    made.fit(*arrays(ROWS), epochs=4)
    assert 1 <= traces <= 2


def test_callbacks_are_called_as_by_keras() -> None:
    made = program("none")
    calls: list[tuple[str, int]] = []

    class Recorder(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            calls.append(("train begins", 0))

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            calls.append(("epoch begins", epoch))

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            assert {"loss", "nll", "kl", "accuracy", "seconds"} <= set(logs)
            calls.append(("epoch ends", epoch))

        def on_train_end(self, logs: Any = None) -> None:
            calls.append(("train ends", 0))

    made.fit(*arrays(ROWS), epochs=2, callbacks=[Recorder()])
    assert calls == [
        ("train begins", 0),
        *(("epoch begins", 0), ("epoch ends", 0), ("epoch begins", 1), ("epoch ends", 1)),
        ("train ends", 0),
    ]


def test_early_stopping_ends_the_training() -> None:
    made = program("none")
    # No epoch is better than the first by so much, so that the second is the last.
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=0, min_delta=1e9)
    assert made.fit(*arrays(ROWS), epochs=50, callbacks=[stop]).epoch == [0, 1]


def test_training_learns_what_is_there_to_learn() -> None:
    for method in NAMES:
        fast = {"batch_size": 8, "optimizer": {"type": "adam", "learning_rate": 0.02}}
        # So few rows would leave every weight at the prior: a cold posterior.
        loss = {"type": "negative_log_likelihood", "kl": {"temperature": 0.02}}
        made = program(method, training=fast, loss=loss)
        made.fit(*arrays(192), epochs=6)
        received = made.evaluate(*arrays(60, seed=7))
        assert received["accuracy"] > 0.9, method
        assert received["rows"] == 60


def test_a_dataset_trains_as_its_arrays_do() -> None:
    images, labels = arrays(ROWS)
    data = tf.data.Dataset.from_tensor_slices((images, labels)).batch(8)
    made = program()
    history = made.fit(data, epochs=2)
    assert made.manifest["trained"]["rows"] == ROWS
    assert made.model.objective.steps_per_epoch == 3
    assert np.isfinite(history.history["loss"][-1])


def test_an_epoch_with_skipped_steps_is_an_epoch_done(tmp_path: Path) -> None:
    """Under mixed_float16 a step whose scaled gradients overflow leaves the weights alone."""
    made = program(training={"batch_size": 8, "precision": "mixed_float16"})
    optimizer: Any = made.model.optimizer
    optimizer.dynamic_scale.assign(2.0**80)
    prepared = made.prepare(*arrays(ROWS))
    start_run(tmp_path / "run", made, prepared, epochs=1)
    made.train(prepared, epochs=1, callbacks=[RunWriter(tmp_path / "run", made, [])])
    assert int(optimizer.iterations) == 0
    loaded = load(tmp_path / "run")
    assert epochs_done(loaded) == 1
    assert_same_bits(made, loaded)
