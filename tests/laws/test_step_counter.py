"""One counter numbers a model's training steps, whoever takes them: noise and warm-up follow it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.model import BayesianModel
from bnnc.runtime.program import Program
from bnnc.runtime.runs.loading import load
from bnnc.runtime.training.objective import Objective
from bnnc.runtime.training.progress import continued
from tests.support.tiny_program import CLASSES, arrays, program

# One batch of all rows, under one draw of the weights: their order changes nothing.
ROWS = 8
DATA = arrays(ROWS)
LAYERS = [{"type": "flatten"}, {"type": "dense", "units": CLASSES}]
WARM_UP = {"warmup_epochs": 3}
EPOCHS = 17


def made(**kl: Any) -> Program:
    return program("reparameterization", layers=LAYERS, loss={"kl": kl or WARM_UP})


def by_program(one: Program, epochs: int, initial_epoch: int = 0) -> list[float]:
    prepared = one.prepare(*DATA)
    history = one.train(prepared, epochs=initial_epoch + epochs, first_epoch=initial_epoch)
    return list(history.history["loss"])


def by_keras(one: Program, epochs: int, initial_epoch: int = 0) -> list[float]:
    one.model.run_eagerly = True  # no trace for a few steps
    history = one.model.fit(
        *DATA,
        batch_size=ROWS,
        epochs=initial_epoch + epochs,
        initial_epoch=initial_epoch,
        verbose=0,
    )
    losses: list[float] = history.history["loss"]
    return losses


def by_steps(one: Program, epochs: int, initial_epoch: int = 0) -> list[float]:
    del initial_epoch
    if not one.model.objective.bound:
        one.model.bind(rows=ROWS, batch_size=ROWS)
    return [one.train_step(*DATA)["loss"] for _ in range(epochs)]


def by_batches(one: Program, epochs: int, initial_epoch: int = 0) -> list[float]:
    del initial_epoch
    one.model.run_eagerly = True
    if not one.model.objective.bound:
        one.model.bind(rows=ROWS, batch_size=ROWS)
    losses = []
    for _ in range(epochs):
        one.model.reset_metrics()
        losses.append(float(one.model.train_on_batch(*DATA, return_dict=True)["loss"]))
    return losses


Way = Callable[..., list[float]]
WAYS: tuple[Way, ...] = (by_program, by_keras, by_steps, by_batches)


@pytest.fixture(scope="module")
def whole() -> list[float]:
    """The losses of some epochs of one training; the KL is warmed up in the first three."""
    return by_program(made(), 5)


def test_trainings_one_after_the_other_are_one_longer_one() -> None:
    """Every way to train goes on where every other has stopped, while the KL is warmed up."""
    warm_up = {"warmup_epochs": EPOCHS}
    whole, one = by_program(made(**warm_up), EPOCHS), made(**warm_up)
    # Each way after each, itself included: 16 times, 17 trainings.
    first, *order = [*_each_after_each(list(WAYS)), WAYS[0]]
    losses = first(one, 1)
    for number, way in enumerate(order, start=1):
        losses += way(one, 1)
        assert losses[-1] == pytest.approx(whole[number], rel=1e-5), (number, way.__name__)
    assert losses[0] == pytest.approx(whole[0], rel=1e-5)
    assert one.model.steps_taken == len(order) + 1 == len(WAYS) ** 2 + 1


def _each_after_each(ways: list[Way]) -> list[Way]:
    """An order, to be closed to a circle, in which each is followed by each other and by itself."""
    first, *rest = ways
    with_first = [one for other in rest for one in (other, first)]
    return [first, first, *with_first[:-1], *_each_after_each(rest)] if rest else [first]


@pytest.mark.parametrize("way", [by_program, by_keras])
def test_an_initial_epoch_goes_on_as_well(way: Way, whole: list[float]) -> None:
    one = made()
    losses = [*by_program(one, 2), *way(one, 3, initial_epoch=2)]
    assert losses == pytest.approx(whole[:5], rel=1e-5)


def test_the_counter_is_saved_with_the_model(tmp_path: Path, whole: list[float]) -> None:
    one = made()
    by_program(one, 2)
    one.save(tmp_path / "saved")
    loaded = load(tmp_path / "saved")
    assert loaded.model.steps_taken == 2
    assert loaded.model.objective == one.model.objective
    assert by_keras(loaded, 3) == pytest.approx(whole[2:5], rel=1e-5)
    # It is read with the weights alone, too.
    one.model.save_weights(tmp_path / "saved.weights.h5")
    other = made()
    other.model.load_weights(tmp_path / "saved.weights.h5")
    assert other.model.steps_taken == 2
    assert other.model.objective == one.model.objective
    other.model.compile(optimizer="adam")
    assert other.model.steps_taken == 2


def test_a_new_optimizer_does_not_begin_the_count_anew() -> None:
    one = made()
    by_program(one, 4)
    one.model.compile(optimizer=keras.optimizers.SGD(0.0))
    assert one.model.steps_taken == 4
    by_keras(one, 1)
    assert one.model.steps_taken == 5
    weight = one.model.objective.weight(tf.constant(one.model.steps_taken))
    assert float(weight) == pytest.approx(1 / ROWS)
    # The noise of a step is that of its number.
    other = made()
    other.model.set_weights(one.model.get_weights())
    other.model.bind(rows=ROWS, batch_size=ROWS)
    other.model.optimizer.iterations.assign(5)
    other.model.run_eagerly = True
    received = other.model.train_on_batch(*DATA, return_dict=True)
    assert by_keras(one, 1)[0] == pytest.approx(received["loss"], rel=1e-6)


def test_cycles_of_the_kl_and_a_decay_over_the_training_begin_anew() -> None:
    decay = {"type": "cosine_decay", "initial_learning_rate": 0.01}
    rest = {"type": "exponential_decay", "initial_learning_rate": 0.01, "decay_rate": 0.5}
    for rate, again in ((decay, 0.01), (rest, 0.01 * 0.5**2)):
        one = program(
            layers=LAYERS,
            training={"optimizer": {"type": "adam", "learning_rate": rate}},
            loss={"kl": {"cyclical": {"cycles": 1}}},
        )
        model = one.model
        for steps in (0, 2):
            model.bind(rows=ROWS, batch_size=ROWS, epochs=2)
            assert model.objective.first_step == steps
            for _ in range(2 - steps):
                one.train_step(*DATA)
        assert float(model.objective.weight(tf.constant(2))) == 0
        assert float(model.optimizer.learning_rate) == pytest.approx(again)
        # `resumed` says that the training is the same one.
        model.bind(rows=ROWS, batch_size=ROWS, epochs=4, resumed=True)
        assert model.objective.first_step == 2


@pytest.mark.parametrize("now", [0, 1, 7, 40])
@pytest.mark.parametrize("before", [1, 3, 10])
@pytest.mark.parametrize("steps", [1, 3, 10, 25])
def test_epochs_of_another_length_keep_how_far_the_warm_up_is(
    now: int, before: int, steps: int
) -> None:
    objective = Objective(made().model.objective.output, kl_warmup_epochs=3.0)
    old = objective.bind(rows=100, batch_size=100, steps_per_epoch=before)
    first_step = continued(0, before, steps, now)
    new = objective.bind(rows=100, batch_size=100, first_step=first_step, steps_per_epoch=steps)
    was, goes_on = (float(one.weight(tf.constant(now))) for one in (old, new))
    full = old.full_weight
    assert was - 1e-9 <= goes_on <= min(full, was + full / (3 * steps)) + 1e-9
    assert first_step == 0 or before != steps
    assert (goes_on == pytest.approx(full)) >= (was == pytest.approx(full))


def test_files_of_earlier_versions_load() -> None:
    """They have how far the training was in the config, and nothing with the weights."""
    model = made().model
    model.bind(rows=ROWS, batch_size=2, epochs=3)
    config = model.get_config()
    watch = {"best": 0.5, "best_epoch": 2, "wait": 1, "stopped": False, "restored": False}
    config |= {"epochs_done": 3, "averaged": True, "watch": watch}
    config["objective"] = keras.saving.serialize_keras_object(model.objective)
    earlier = BayesianModel.from_config(config)
    earlier.load_own_variables(_Store({"best_0": np.ones(2)}))
    assert (earlier.epochs_done, earlier.averaged) == (3, True)
    assert earlier.watch.get_config() == watch
    assert len(earlier.watch.best_weights) == 1
    assert earlier.objective == model.objective


class _Store(dict[str, Any]):
    """What Keras reads weights from."""


def test_a_model_is_saved_after_shorter_and_then_longer_epochs(tmp_path: Path) -> None:
    made = program("flipout")
    images, labels = arrays(40)
    made.model.fit(images[:8], labels[:8], batch_size=8, epochs=3, verbose=0)  # one step an epoch
    made.model.fit(images, labels, batch_size=2, epochs=1, verbose=0)  # 20 steps an epoch
    assert made.model.objective.first_step < 0
    made.save(tmp_path / "saved")
    loaded = load(tmp_path / "saved").model
    assert loaded.steps_taken == 23
    assert loaded.objective.first_step == made.model.objective.first_step
