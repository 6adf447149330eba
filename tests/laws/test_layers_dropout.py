"""Dropout keeps the mean, has the variance of its mask, and stays active only where told to."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.layers.dropout import Dropout
from bnnc.runtime.noise import Draw, drawing

DRAW = Draw(tf.constant([1, 2]), "estimator")
INPUTS = tf.random.stateless_uniform([4, 3, 2], [3, 4], 0.5, 2.0)


@pytest.mark.parametrize("rate", [0.01, 0.5, 0.8])
@pytest.mark.parametrize("kind", ["estimator", "weights"])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_the_mean_is_kept_and_the_variance_is_that_of_the_mask(
    sample: Callable[..., np.ndarray], rate: float, kind: str, policy: str
) -> None:
    draws = 4000
    layer = Dropout(rate, seed=3, dtype=policy)
    inputs = tf.cast(INPUTS, layer.compute_dtype)
    outputs = sample(layer, inputs, kind=kind, draws=draws, training=True)
    # The values themselves are rounded to the compute type; whether they are kept is not.
    kept = outputs != 0
    values = np.asarray(inputs, np.float64) / (1 - rate)
    rounding = {"float32": 2**-22, "mixed_bfloat16": 2**-8, "mixed_float16": 2**-11}[policy]
    np.testing.assert_allclose(outputs, kept * values, rtol=rounding)
    error = 5 * np.sqrt(rate * (1 - rate) / draws)
    assert np.all(np.abs(kept.mean(0) - (1 - rate)) <= error)
    # All independent elements together: the uniform numbers of bfloat16 would drop 1.6 % for 1 %.
    elements = kept[:, :1] if kind == "weights" else kept
    pooled_error = 5 * np.sqrt(rate * (1 - rate) / elements.size)
    assert abs(elements.mean() - (1 - rate)) <= pooled_error
    # Of a mask with success p the fourth central moment is p(1-p)(1 - 3p(1-p)).
    variance = rate / (1 - rate) * np.square(np.asarray(inputs, np.float64))
    spread = rate * (1 - rate)
    relative_error = 5 * np.sqrt(((1 - 3 * spread) / spread - 1) / draws) + 1e-2 * (
        policy != "float32"
    )
    # At a rate of one half the variance is insensitive to first order: 25/draws is the second.
    limit = variance * (relative_error + 25 / draws / spread)
    assert np.all(np.abs(outputs.var(0, ddof=1) - variance) <= limit)


def test_masks_are_drawn_per_example_or_shared_where_weights_are_drawn() -> None:
    inputs = tf.ones([2, 200])
    layer = Dropout(0.5, seed=3)
    with drawing(DRAW):
        first, second = layer(inputs, training=True)
    assert 50 < np.count_nonzero(np.asarray(first) != np.asarray(second)) < 150
    with drawing(Draw(DRAW.key, "weights")):
        first, second = layer(inputs, training=True)
    np.testing.assert_array_equal(first, second)
    assert 50 < np.count_nonzero(first) < 150


def test_noise_shape_shares_the_mask_as_in_keras() -> None:
    layer = Dropout(0.5, noise_shape=(None, 1, 50), seed=3)
    with drawing(DRAW):
        outputs = np.asarray(layer(tf.ones([2, 4, 50]), training=True))
    np.testing.assert_array_equal(outputs, np.repeat(outputs[:, :1], 4, axis=1))
    assert np.any(outputs[0] != outputs[1])


@pytest.mark.parametrize("training", [False, None])
def test_it_is_inactive_at_prediction_unless_monte_carlo(training: bool | None) -> None:
    plain, monte_carlo = Dropout(0.5), Dropout(0.5, monte_carlo=True)
    np.testing.assert_array_equal(plain(INPUTS, training=training), INPUTS)
    assert np.any(np.asarray(monte_carlo(INPUTS, training=training)) == 0)
    assert np.any(np.asarray(plain(INPUTS, training=True)) == 0)
    assert (plain.stochastic, monte_carlo.stochastic) == (False, True)


def test_a_rate_of_zero_is_the_identity() -> None:
    layer = Dropout(0, monte_carlo=True)
    assert not layer.stochastic
    with drawing(DRAW):
        np.testing.assert_array_equal(layer(INPUTS, training=True), INPUTS)


def test_the_same_draw_gives_the_same_mask_and_no_draw_a_fresh_one() -> None:
    layer, inputs = Dropout(0.5, seed=3), tf.ones([1, 200])

    def mask(key: list[int] | None, layer: Any = layer) -> Any:
        if key is None:
            return np.asarray(layer(inputs, training=True))
        with drawing(Draw(tf.constant(key), "estimator")):
            return np.asarray(layer(inputs, training=True))

    np.testing.assert_array_equal(mask([1, 2]), mask([1, 2]))
    for other in (mask([1, 3]), mask([2, 2]), mask([1, 2], Dropout(0.5, seed=4))):
        assert np.any(other != mask([1, 2]))
    assert np.any(mask(None) != mask(None))
    function = tf.function(lambda: layer(inputs, training=True))
    assert np.any(np.asarray(function()) != np.asarray(function()))


def test_the_gradient_passes_through_what_is_kept() -> None:
    layer = Dropout(0.5, seed=3)
    with tf.GradientTape() as tape, drawing(DRAW):
        tape.watch(INPUTS)
        outputs = layer(INPUTS, training=True)
    expected = np.where(np.asarray(outputs) != 0, 2.0, 0.0)
    np.testing.assert_allclose(tape.gradient(outputs, INPUTS), expected)


def test_it_is_restored_from_its_config() -> None:
    layer = Dropout(0.25, monte_carlo=True, noise_shape=(None, 1, 2), name="drop")
    twin = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(twin) is Dropout
    assert twin.get_config() == layer.get_config()
    with drawing(DRAW):
        np.testing.assert_array_equal(twin(INPUTS), layer(INPUTS))


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5])
def test_a_rate_outside_of_zero_to_one_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match=f"Received: rate={rate}"):
        Dropout(rate)


def test_a_monte_carlo_that_is_no_bool_is_refused() -> None:
    with pytest.raises(TypeError, match="Received: monte_carlo='yes'"):
        Dropout(0.5, monte_carlo="yes")  # type: ignore[arg-type]
