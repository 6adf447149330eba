"""Learning rates are Keras's own schedules, at every step of a training."""

from random import Random
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.training import schedules
from bnnc.specs.training import Training
from tests.generated import SCHEDULES, schedule
from tests.support.tiny_program import arrays, program

STEPS_PER_EPOCH = 7
EPOCHS = 6
FIRST_STEP = 11
K = keras.optimizers.schedules

# By word: the section with every length in epochs, and Keras's schedule with them in steps.
CASES: dict[str, list[tuple[dict[str, Any], Any]]] = {
    "cosine_decay": [
        ({"initial_learning_rate": 0.1}, K.CosineDecay(0.1, 42)),
        ({"initial_learning_rate": 0.1, "alpha": 0.3}, K.CosineDecay(0.1, 42, alpha=0.3)),
        (
            {"initial_learning_rate": 0.0, "warmup_target": 0.1, "warmup_epochs": 2},
            K.CosineDecay(0.0, 28, warmup_target=0.1, warmup_steps=14),
        ),
        (
            {
                "initial_learning_rate": 0.2,
                "alpha": 0.1,
                "warmup_target": 0.1,
                "warmup_epochs": 0.5,
            },
            K.CosineDecay(0.2, 38.5, alpha=0.1, warmup_target=0.1, warmup_steps=3.5),
        ),
    ],
    "exponential_decay": [
        (
            {"initial_learning_rate": 0.1, "decay_rate": 0.5},
            K.ExponentialDecay(0.1, 7, 0.5),
        ),
        (
            {
                "initial_learning_rate": 0.1,
                "decay_rate": 0.5,
                "decay_epochs": 2,
                "staircase": True,
            },
            K.ExponentialDecay(0.1, 14, 0.5, staircase=True),
        ),
    ],
    "polynomial_decay": [
        ({"initial_learning_rate": 0.1}, K.PolynomialDecay(0.1, 42)),
        (
            {"initial_learning_rate": 0.0, "end_learning_rate": 0.1, "decay_epochs": 2},
            K.PolynomialDecay(0.0, 14, 0.1),
        ),
        (
            {
                "initial_learning_rate": 0.1,
                "end_learning_rate": 0.01,
                "power": 2,
                "decay_epochs": 1.5,
                "cycle": True,
            },
            K.PolynomialDecay(0.1, 10.5, 0.01, power=2, cycle=True),
        ),
    ],
    "piecewise_constant_decay": [
        # Keras gives the step at a boundary the old rate: the last step of the epochs before it.
        (
            {"boundaries": [2], "values": [0.1, 0.01]},
            K.PiecewiseConstantDecay([13], [0.1, 0.01]),
        ),
        (
            {"boundaries": [1, 2.5, 5], "values": [0.1, 0.3, 0.01, 0.02]},
            K.PiecewiseConstantDecay([6, 17, 34], [0.1, 0.3, 0.01, 0.02]),
        ),
    ],
}


def made(kind: str, section: dict[str, Any]) -> Any:
    """The schedule that a program with this section trains with."""
    optimizer = {"type": "sgd", "learning_rate": {"type": kind, **section}}
    built: Any = program("none", training={"optimizer": optimizer}).model.optimizer
    return built._learning_rate


def test_every_schedule_of_the_language_is_held_against_keras() -> None:
    assert set(CASES) == set(SCHEDULES)


@pytest.mark.parametrize(
    ("kind", "section", "oracle"),
    [(kind, *case) for kind, cases in CASES.items() for case in cases],
)
def test_the_rate_is_that_of_keras_at_every_step(
    kind: str, section: dict[str, Any], oracle: Any
) -> None:
    chosen = made(kind, section).bind(STEPS_PER_EPOCH, EPOCHS, FIRST_STEP)
    # Some steps more than there are: a training that goes on must not fall off an edge.
    for step in range(EPOCHS * STEPS_PER_EPOCH + 5):
        expected = float(oracle(tf.constant(step, tf.int64)))
        received = float(chosen(tf.constant(step + FIRST_STEP, tf.int64)))
        assert received == pytest.approx(expected, rel=1e-6, abs=1e-9), step


def test_a_piecewise_rate_changes_with_the_first_step_of_an_epoch() -> None:
    section = {"boundaries": [1, 4], "values": [0.3, 0.2, 0.1]}
    chosen = made("piecewise_constant_decay", section).bind(STEPS_PER_EPOCH, EPOCHS, 0)
    for epoch, rate in enumerate([0.3, 0.2, 0.2, 0.2, 0.1, 0.1]):
        for step in (epoch * STEPS_PER_EPOCH, (epoch + 1) * STEPS_PER_EPOCH - 1):
            assert float(chosen(tf.constant(step))) == pytest.approx(rate)


@pytest.mark.parametrize("kind", sorted(SCHEDULES))
def test_a_schedule_is_its_config_and_asks_for_the_length_of_the_training(kind: str) -> None:
    random = Random(1)
    for _ in range(10):
        section = schedule(random, EPOCHS, kind)
        unbound = made(kind, {key: one for key, one in section.items() if key != "type"})
        bound = type(unbound).from_config(unbound.get_config())
        with pytest.raises(ValueError, match=r"its length is not known yet.*model\.bind"):
            bound(tf.constant(0))
        bound.bind(STEPS_PER_EPOCH, EPOCHS, FIRST_STEP)
        again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(bound))
        assert isinstance(again, schedules.Schedule)
        assert again.get_config() == bound.get_config()
        for step in range(FIRST_STEP, FIRST_STEP + 30):
            assert float(again(tf.constant(step))) == float(bound(tf.constant(step)))


def test_the_steps_of_a_training_take_the_rates_of_the_schedule() -> None:
    """Plain gradient descent: every step is the gradient times the rate of that step."""
    rate = {"type": "exponential_decay", "initial_learning_rate": 0.1, "decay_rate": 0.25}
    one = program("none", training={"optimizer": {"type": "sgd", "learning_rate": rate}})
    one.model.bind(rows=16, batch_size=8, epochs=3)
    batch = arrays(8)
    for step in range(6):
        before = [np.array(weight) for weight in one.model.trainable_variables]
        with tf.GradientTape() as tape:
            logits = one.model(batch[0], training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(batch[1], logits))
        gradients = tape.gradient(loss, one.model.trainable_variables)
        one.train_step(*batch)
        for weight, old, gradient in zip(
            one.model.trainable_variables, before, gradients, strict=True
        ):
            expected = old - 0.1 * 0.25 ** (step / 2) * np.array(gradient)
            np.testing.assert_allclose(np.array(weight), expected, rtol=1e-5, atol=1e-7)


def test_a_warmup_longer_than_a_shortened_training_rises_all_the_way() -> None:
    """`--epochs 1` of a spec whose warm-up has two: the rate never falls."""
    section = {"initial_learning_rate": 0.0, "warmup_target": 0.1, "warmup_epochs": 2}
    chosen = made("cosine_decay", section).bind(STEPS_PER_EPOCH, 1, 0)
    rates = [float(chosen(tf.constant(step))) for step in range(STEPS_PER_EPOCH)]
    assert rates == pytest.approx([0.1 * step / 14 for step in range(7)])


def test_only_what_is_laid_over_the_whole_training_depends_on_its_epochs() -> None:
    def over_training(**section: Any) -> bool:
        optimizer = {"type": "sgd", "learning_rate": section}
        chosen = Training.model_validate({"optimizer": optimizer}).optimizer.learning_rate
        assert not isinstance(chosen, float)
        return chosen.over_training()

    assert over_training(type="cosine_decay", initial_learning_rate=0.1)
    assert over_training(type="polynomial_decay", initial_learning_rate=0.1)
    assert not over_training(type="polynomial_decay", initial_learning_rate=0.1, decay_epochs=2.0)
    assert not over_training(type="exponential_decay", initial_learning_rate=0.1, decay_rate=0.5)
    assert not over_training(type="piecewise_constant_decay", boundaries=[1.0], values=[0.1, 0.2])
