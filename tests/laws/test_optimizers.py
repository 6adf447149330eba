"""Optimizers are Keras's, and what they do to a step is what its formula says."""

import inspect
from random import Random
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.program import Program
from bnnc.runtime.training import optimizers
from bnnc.specs.training import Training
from tests.generated import OPTIMIZERS, optimizer
from tests.support.tiny_program import arrays, program, shared_program

ROWS = 40
over_all = pytest.mark.parametrize("kind", sorted(OPTIMIZERS))


def bound(method: str = "flipout", **training: Any) -> Program:
    made = program(method, training=training)
    made.model.bind(rows=ROWS, batch_size=8, epochs=2)
    return made


def weights(made: Program) -> list[np.ndarray]:
    return [np.array(one) for one in made.model.trainable_variables]


def gradients(made: Program, batch: Any, step: int = 0) -> list[np.ndarray]:
    """Of the mean loss plus KL/N, with the noise of a step."""
    draw = Draw(key=tf.constant([made.spec.training.seed, step]), kind="estimator")
    with drawing(draw), tf.GradientTape() as tape:
        logits = made.model(batch[0], training=True)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(batch[1], logits)
        loss = tf.reduce_mean(losses) + made.model.kl_divergence() / ROWS
    return [np.array(one) for one in tape.gradient(loss, made.model.trainable_variables)]


@over_all
def test_names_and_defaults_are_those_of_keras(kind: str) -> None:
    section = OPTIMIZERS[kind]
    keras_class = getattr(keras.optimizers, section.__name__)
    known = set(inspect.signature(keras_class).parameters)
    assert set(section.model_fields) - {"type"} <= known
    made: Any = program("none", training={"optimizer": {"type": kind}}).model.optimizer
    assert type(made) is keras_class
    expected, received = keras_class().get_config(), made.get_config()
    del expected["name"], received["name"]
    assert received == pytest.approx(expected)


@over_all
def test_what_is_written_reaches_keras(kind: str) -> None:
    shapes_of_weights = [
        tuple(one.shape) for one in shared_program("none").model.trainable_variables
    ]
    for seed in range(6):
        document = optimizer(Random(seed), 2, kind)
        made: Any = program("none", training={"optimizer": document}).model.optimizer
        config = made.get_config()
        for name, value in document.items():
            absent = name == "gradient_accumulation_steps" and value == 1
            silent = name == "ema_momentum" and not document.get("use_ema")
            if name not in {"type", "learning_rate"} and not absent and not silent:
                # No decay is None to Keras.
                assert (config[name] or 0) == (value or 0), document
        # The slots that the plan counts, with the shapes of the weights.
        slots = Training.model_validate({"optimizer": document}).optimizer.slots
        shapes = [tuple(one.shape) for one in made.variables]
        for shape in set(shapes_of_weights):
            assert shapes.count(shape) == shapes_of_weights.count(shape) * slots, document


@over_all
def test_the_rate_of_the_scales_is_a_multiple_and_that_of_the_rest_is_not(kind: str) -> None:
    # The decay of the weights, which AdamW has by default, keeps the rate of the rest.
    rate = {"type": kind, "learning_rate": 0.001, "weight_decay": 0.0}
    plain = bound(optimizer=rate)
    other = bound(optimizer=rate, posterior_scale_learning_rate_multiplier=4.0)
    made: Any = other.model.optimizer
    assert type(made) is getattr(optimizers, OPTIMIZERS[kind].__name__)
    before = weights(plain)
    for one in (plain, other):
        one.train_step(*arrays(8))
    moved = 0
    for variable, old, once, times in zip(
        plain.model.trainable_variables, before, weights(plain), weights(other), strict=True
    ):
        if variable.name == "kernel_unconstrained_scale":
            # To the rounding of numbers as large as the variable.
            np.testing.assert_allclose(times - old, 4 * (once - old), atol=1e-6)
            moved += 1
        else:
            np.testing.assert_array_equal(times, once)
    assert moved == 2
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(made))
    assert again.get_config() == made.get_config()


def test_a_multiplier_of_1_or_of_no_posterior_is_keras_own_optimizer() -> None:
    multiplier = "posterior_scale_learning_rate_multiplier"
    for method, value in (("flipout", 1.0), ("none", 5.0), ("mc_dropout", 5.0)):
        made: Any = program(method, training={multiplier: value}).model.optimizer
        assert type(made) is keras.optimizers.Adam


def clipped(name: str, limit: float, found: list[np.ndarray]) -> list[np.ndarray]:
    if name == "clipnorm":
        return [np.array(tf.clip_by_norm(one, limit)) for one in found]
    if name == "global_clipnorm":
        return [np.array(one) for one in tf.clip_by_global_norm(found, limit)[0]]
    return [np.array(tf.clip_by_value(one, -limit, limit)) for one in found]


@pytest.mark.parametrize("name", ["clipnorm", "global_clipnorm", "clipvalue"])
@pytest.mark.parametrize("limit", [0.01, 1000.0])
def test_gradients_are_clipped_as_by_tensorflow(name: str, limit: float) -> None:
    made = bound(optimizer={"type": "sgd", "learning_rate": 1.0, name: limit})
    batch, before = arrays(8), weights(made)
    found = gradients(made, batch)
    made.train_step(*batch)
    expected = [old - one for old, one in zip(before, clipped(name, limit, found), strict=True)]
    for received, wanted in zip(weights(made), expected, strict=True):
        np.testing.assert_allclose(received, wanted, rtol=1e-4, atol=1e-5)


def test_k_batches_of_b_make_the_step_of_one_batch_of_k_times_b() -> None:
    """In a deterministic model, in closed form: plain gradient descent."""
    images, labels = arrays(12)
    sgd = {"type": "sgd", "learning_rate": 0.5}
    one = bound("none", optimizer=sgd)
    three = bound("none", optimizer={**sgd, "gradient_accumulation_steps": 3})
    before = weights(one)
    one.train_step(images, labels)
    for first in (0, 4, 8):
        for received, wanted in zip(weights(three), before, strict=True):
            np.testing.assert_array_equal(received, wanted)  # nothing moves before the third
        three.train_step(images[first : first + 4], labels[first : first + 4])
    for received, wanted in zip(weights(three), weights(one), strict=True):
        np.testing.assert_allclose(received, wanted, rtol=1e-5, atol=1e-6)


def test_accumulated_gradients_have_noise_of_their_own_and_the_kl_once() -> None:
    """The step is the mean of what each batch gives, with KL/N in each of them."""
    sgd = {"type": "sgd", "learning_rate": 0.5, "gradient_accumulation_steps": 2}
    made = bound("reparameterization", optimizer=sgd)
    batches, before = [arrays(8), arrays(8, seed=1)], weights(made)
    found = [gradients(made, batch, step) for step, batch in enumerate(batches)]
    for batch in batches:
        made.train_step(*batch)
    for received, old, first, second in zip(weights(made), before, *found, strict=True):
        expected = old - 0.5 * (first + second) / 2
        np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-6)


MOMENTUM = 0.75
AVERAGED = {"type": "sgd", "learning_rate": 0.1, "use_ema": True, "ema_momentum": MOMENTUM}


def test_the_average_is_the_recursion_over_the_weights_after_every_batch() -> None:
    made = bound(optimizer=AVERAGED)
    expected: list[np.ndarray] = []
    for step in range(5):
        made.train_step(*arrays(8, seed=step))
        now = weights(made)
        # The first average is the first weights: the start is not in it.
        expected = [
            MOMENTUM * old + (1 - MOMENTUM) * new
            for old, new in zip(expected or now, now, strict=True)
        ]
    kept: Any = made.model.optimizer
    for received, wanted in zip(kept._model_variables_moving_average, expected, strict=True):
        np.testing.assert_allclose(np.array(received), wanted, rtol=1e-5, atol=1e-6)


def test_a_training_ends_with_the_averages_and_goes_on_from_the_weights() -> None:
    trained = {"batch_size": 8, "seed": 3, "epochs": 2}
    plain = program(training={**trained, "optimizer": {"type": "sgd", "learning_rate": 0.1}})
    averaged = program(training={**trained, "optimizer": AVERAGED})
    seen: list[list[np.ndarray]] = []

    class Recorder(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            seen.append(weights(plain))

    plain.fit(*arrays(20), callbacks=[Recorder()])
    history = averaged.fit(*arrays(20), validation_data=arrays(9, seed=1))
    assert averaged.model.averaged
    kept: Any = averaged.model.optimizer
    for aside, wanted in zip(kept._model_variables_moving_average, weights(plain), strict=True):
        np.testing.assert_allclose(np.array(aside), wanted, rtol=1e-5, atol=1e-6)
    # What is in the model was validated, with the noise of the last epoch's validation.
    assert np.isfinite(history.history["val_nll"][-1])
    ends = weights(averaged)
    assert any(
        not np.allclose(one, other, atol=1e-4)
        for one, other in zip(ends, weights(plain), strict=True)
    )
    averaged.train_step(*arrays(8))  # puts the weights back before it steps from them
    plain.train_step(*arrays(8))
    assert not averaged.model.averaged
    for received, wanted in zip(weights(averaged), weights(plain), strict=True):
        np.testing.assert_allclose(received, wanted, rtol=1e-4, atol=1e-5)


def test_what_is_validated_is_the_average() -> None:
    """A deterministic model: the last epoch's validation loss is that of the model that is left."""
    made = program("none", training={"batch_size": 8, "optimizer": AVERAGED})
    images, labels = arrays(9, seed=1)
    history = made.fit(*arrays(20), epochs=3, validation_data=(images, labels))
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, made.model(images))
    assert history.history["val_nll"][-1] == pytest.approx(float(tf.reduce_mean(losses)), rel=1e-5)
    assert made.model.averaged


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_the_kl_is_that_of_float32_whatever_the_precision(precision: str) -> None:
    half = program(training={"precision": precision}).model.kl_divergence()
    assert half.dtype == tf.float32
    assert float(half) == float(program(training={}).model.kl_divergence())


# A scale of the posterior, of the prior and of the labels, each of them learned.
SCALES: dict[str, Any] = {
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 1}],
    "bayesian": {"method": "flipout", "prior": {"scale": "learned"}},
    "output": {
        "distribution": "normal",
        "parameterization": "loc",
        "scale": "learned",
        "labels": "real",
    },
}


@pytest.mark.parametrize(
    ("method", "sections"),
    [("concrete_dropout", {}), ("rank_1", {}), ("sngp", {}), ("flipout", SCALES)],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_a_layer_says_is_not_to_be_decayed_is_not_and_all_else_is(
    method: str, sections: dict[str, Any]
) -> None:
    """By decoupled decay alone: one step with it, and one without, from the same weights."""

    def stepped(decay: float) -> Program:
        optimizer = {"type": "adamw", "weight_decay": decay}
        made = program(method, training={"optimizer": optimizer}, **sections)
        made.model.bind(rows=ROWS, batch_size=8, epochs=2)
        for variable in made.model.trainable_variables:
            variable.assign_add(np.full(variable.shape, 0.1))  # biases begin at 0
        images, labels = arrays(8)
        made.train_step(images, labels.astype(np.float32) if sections else labels)
        return made

    plain, decayed = stepped(0.0), stepped(0.5)
    spared = {
        id(variable)
        for layer in decayed.model.layers
        for variable in layer.trainable_variables
        if any(name in variable.name for name in getattr(layer, "not_decayed", ()))
    }
    assert spared
    if sections:
        assert len(spared) == 3
    for one, other in zip(
        plain.model.trainable_variables, decayed.model.trainable_variables, strict=True
    ):
        assert np.array_equal(one, other) == (id(other) in spared), other.path
