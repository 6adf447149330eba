"""Several weight draws a step: the mean of their losses, with the KL once."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.training.differentiation import differentiate
from bnnc.specs.methods import METHODS, NAMES
from tests.support.tiny_program import CLASSES, arrays, program

DRAWS = 4
STEPS = 600
ROWS = 40
# One dense layer: few numbers, so that many gradients cost little.
LAYERS = [{"type": "flatten"}, {"type": "dense", "units": CLASSES}]
STOCHASTIC = [name for name in NAMES if METHODS[name].has_noise and METHODS[name].noise_in_training]


def gradients_over_steps(method: str, samples: int) -> np.ndarray:
    """The gradients of many steps from the same weights: [steps, numbers]."""
    layers = [
        LAYERS[0],
        *([{"type": "dropout", "rate": 0.5}] if "drop" in method else []),
        LAYERS[1],
    ]
    # Noise wide enough to be seen, and a KL that has no part in the variance.
    wide = {"method": method, "posterior": {"initial_scale": 0.3}, "prior": {"scale": 1.0}}
    made = program(method, layers=layers, bayesian=wide, training={"samples": samples})
    model = made.model
    model.bind(rows=ROWS, batch_size=4)
    images, labels = (tf.constant(one) for one in arrays(4))

    @tf.function
    def all_gradients() -> tf.Tensor:
        def one(step: tf.Tensor) -> tf.Tensor:
            gradients = differentiate(model, images, labels, step)[0]
            return tf.concat([tf.reshape(gradient, [-1]) for gradient in gradients], axis=0)

        return tf.map_fn(one, tf.range(STEPS), fn_output_signature=tf.float32)

    return np.asarray(all_gradients(), dtype=np.float64)


def total_variance(gradients: np.ndarray) -> tuple[float, float]:
    """Variance summed over the numbers, and its standard error."""
    squares = np.sum((gradients - gradients.mean(axis=0)) ** 2, axis=1)
    return squares.mean(), squares.std() / len(squares) ** 0.5


@pytest.mark.parametrize("method", STOCHASTIC)
def test_s_draws_have_the_mean_gradient_of_one_and_its_variance_over_s(method: str) -> None:
    one, several = (gradients_over_steps(method, samples) for samples in (1, DRAWS))
    variance, error = total_variance(one)
    smaller, smaller_error = total_variance(several)
    assert variance > 0
    bound = 5 * (error**2 + (DRAWS * smaller_error) ** 2) ** 0.5
    assert DRAWS * smaller == pytest.approx(variance, abs=bound)
    assert bound < 0.5 * variance  # else the test could not tell
    spread = (one.var(axis=0) + several.var(axis=0)) / STEPS
    np.testing.assert_array_less(
        np.abs(one.mean(axis=0) - several.mean(axis=0)), 5 * spread**0.5 + 1e-6
    )


@pytest.mark.parametrize("samples", [1, 3])
def test_doubling_the_weight_adds_exactly_the_kl_however_many_draws(samples: int) -> None:
    def first_step(temperature: float) -> dict[str, float]:
        loss = {"type": "negative_log_likelihood", "kl": {"temperature": temperature}}
        made = program(loss=loss, training={"samples": samples})
        made.model.bind(rows=ROWS, batch_size=8)
        return made.train_step(*arrays(8))

    once, twice = first_step(1.0), first_step(2.0)
    assert once["kl"] == twice["kl"]
    assert once["nll"] == twice["nll"]
    assert twice["loss"] - once["loss"] == pytest.approx(once["kl"] / ROWS, rel=1e-4)
    assert once["loss"] - once["nll"] == pytest.approx(once["kl"] / ROWS, rel=1e-4)


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_draws_of_a_deterministic_model_are_its_one_step(precision: str) -> None:
    """The scale of the loss, the number of draws and that of the rows all cancel."""
    sgd = {"optimizer": {"type": "sgd", "learning_rate": 0.5}, "precision": precision}
    made = [program("none", training={**sgd, "samples": samples}) for samples in (1, 3)]
    metrics = [one.train_step(*arrays(8)) for one in made]
    assert metrics[1] == pytest.approx(metrics[0], rel=1e-5)
    tolerance = 1e-5 if precision == "float32" else 1e-3
    for one, other in zip(*(each.model.trainable_variables for each in made), strict=True):
        np.testing.assert_allclose(np.array(one), np.array(other), rtol=tolerance, atol=tolerance)


def test_the_metrics_of_a_step_are_means_over_all_draws() -> None:
    made = program("reparameterization", training={"samples": 3, "seed": 3})
    made.model.bind(rows=ROWS, batch_size=8)
    images, labels = arrays(8)
    key = tf.random.fold_in(tf.constant([3, 0]), 0xD4A3)
    losses, hits = [], []
    for sample in range(3):
        with drawing(Draw(key=tf.random.fold_in(key, sample), kind="estimator")):
            logits = made.model(images, training=True)
        losses.append(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
        hits.append(np.argmax(logits, axis=-1) == labels)
    metrics = made.train_step(images, labels)
    assert metrics["nll"] == pytest.approx(float(np.mean(losses)), rel=1e-5)
    assert metrics["accuracy"] == pytest.approx(float(np.mean(hits)))


def test_one_draw_is_the_step_that_it_always_was() -> None:
    """The default takes the noise of (seed, step): `samples: 1` changes no bit."""
    programs = [
        program(),
        program(training={"batch_size": 8, "epochs": 2, "seed": 3, "samples": 1}),
    ]
    for one in programs:
        one.model.bind(rows=ROWS, batch_size=8)
        for seed in range(2):
            one.train_step(*arrays(8, seed=seed))
    for one, other in zip(*(each.model.get_weights() for each in programs), strict=True):
        np.testing.assert_array_equal(one, other)


def test_draws_are_compiled_by_xla_too() -> None:
    made = program(layers=LAYERS, training={"samples": 3})
    made.model.bind(rows=ROWS, batch_size=8)
    batch = tuple(tf.constant(one) for one in arrays(8))
    step: Any = tf.function(made.model.train_step, jit_compile=True)
    assert np.isfinite(float(step(batch)["loss"]))
    assert int(made.model.optimizer.iterations) == 1
