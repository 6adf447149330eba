"""Antithetic draws: each is a draw of the posterior, and each pair sums to twice the mean."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.estimators.antithetic import mirrored
from bnnc.runtime.layers.conv2d import VariationalConv2D
from bnnc.runtime.layers.dense import VariationalDense
from bnnc.runtime.noise import Draw, drawing, key_of_bias, layer_key
from tests.laws.conftest import Case

DRAW = Draw(tf.constant([3, 4]), "estimator")
STANDARD_ERRORS = 5.0


def part_of_rows(rows: int, pairs: int) -> list[int]:
    """The part of each row: equally many rows, the first parts having one more."""
    parts = np.array_split(np.arange(max(rows, 2 * pairs)), 2 * pairs)
    return [number for number, part in enumerate(parts) for _ in part][:rows]


def by_hand(layer: Any, inputs: tf.Tensor, pairs: int) -> tf.Tensor:
    """The outputs row by row: each with the draw or the mirror image of its part."""
    key = layer_key(DRAW, layer.seed)
    kernels = mirrored(layer.kernel_mean, layer.kernel_scale, key, pairs)
    biases: Sequence[tf.Tensor | None] = [None] * len(kernels)
    if layer.bayesian_bias:
        biases = mirrored(layer.bias_mean, layer.bias_scale, key_of_bias(key), pairs)
    rows = [
        layer.biased(layer.op(inputs[row : row + 1], kernels[part]), biases[part])
        for row, part in enumerate(part_of_rows(len(inputs), pairs))
    ]
    return tf.concat(rows, axis=0)


def test_every_row_has_the_draw_of_its_part_and_so_has_the_gradient(first_case: Case) -> None:
    pairs, shape = 2, first_case.example_shape
    layer = first_case.layer("antithetic", pairs=pairs, bayesian_bias=True)
    variables = [one.value for one in layer.trainable_variables]

    # Not as many rows as are known while the graph is traced: the last batch has fewer.
    @tf.function(input_signature=[tf.TensorSpec([None, *shape])])
    def outputs_and_gradients(inputs: tf.Tensor) -> tuple[tf.Tensor, Any]:
        with tf.GradientTape() as tape, drawing(DRAW):
            tape.watch(inputs)
            outputs = layer(inputs)
            loss = tf.reduce_sum(tf.square(outputs))
        return outputs, tape.gradient(loss, [inputs, *variables])

    for rows in (1, 3, 7):
        inputs = tf.random.stateless_normal([rows, *shape], [1, 2])
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            expected = by_hand(layer, inputs, pairs)
            loss = tf.reduce_sum(tf.square(expected))
        gradients = tape.gradient(loss, [inputs, *variables])
        outputs, received = outputs_and_gradients(inputs)
        # Sums of up to a few hundred float32 products, in another order.
        np.testing.assert_allclose(outputs, expected, atol=1e-4)
        for one, other in zip(received, gradients, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)


def test_draws_and_mirror_images_sum_to_twice_the_mean_and_pairs_are_independent() -> None:
    mean, scale = tf.random.stateless_normal([2, 30], [1, 2]), 0.3
    draws = np.stack(mirrored(mean, scale, tf.constant([5, 6]), 500))
    np.testing.assert_allclose(draws[::2] + draws[1::2], np.stack([2 * mean] * 500), atol=1e-5)
    noise = ((draws[::2] - np.asarray(mean)) / scale).reshape(-1)
    # A standard normal number has variance 1, its square 2, and the product of two 1.
    assert abs(noise.mean()) < STANDARD_ERRORS / np.sqrt(noise.size)
    assert abs(np.square(noise).mean() - 1) < STANDARD_ERRORS * np.sqrt(2 / noise.size)
    products = noise[60:] * noise[:-60]  # of a weight in one pair and in the next
    assert abs(products.mean()) < STANDARD_ERRORS / np.sqrt(products.size)


def test_one_pair_begins_with_the_draw_of_reparameterization(dense_case: Case) -> None:
    inputs = dense_case.inputs()[:2]
    with drawing(DRAW):
        outputs = dense_case.layer("antithetic")(inputs)[0]
    with drawing(DRAW):
        single = dense_case.layer("reparameterization")(inputs)[0]
    np.testing.assert_allclose(outputs, single, atol=1e-5)


@pytest.mark.parametrize("pairs", [1, 4])
def test_gradients_of_a_linear_model_are_unbiased_and_their_linear_noise_cancels(
    pairs: int,
) -> None:
    # Σ (x·w - t)² has the expectation Σ (x·μ - t)² + Σ (x²)·σ².
    rows, features, draws = 8, 3, 4000
    half = np.random.default_rng(0).normal(size=(4, features))
    # Equal rows in the two parts of every pair: of the gradient by the means no noise is left.
    order = np.repeat(np.arange(4), 2) if pairs == 4 else np.tile(np.arange(4), 2)
    x = tf.constant(half[order], tf.float32)
    t = tf.reduce_sum(x, axis=1, keepdims=True) + 0.5
    layer = VariationalDense(
        1, estimator="antithetic", pairs=pairs, initial_scale=0.4, use_bias=False, seed=1
    )
    layer.build((None, features))

    @tf.function
    def gradients() -> Any:
        def one(step: tf.Tensor) -> Any:
            with drawing(Draw(tf.stack([7, step]), "estimator")), tf.GradientTape() as tape:
                mean, scale = layer.kernel_mean, layer.kernel_scale
                loss = tf.reduce_sum(tf.square(layer(x) - t))
            return tape.gradient(loss, [layer.kernel.value, scale]), mean

        return tf.map_fn(
            one, tf.range(draws), fn_output_signature=([tf.float32, tf.float32], tf.float32)
        )[0]

    by_means, by_scales = (np.asarray(one, np.float64)[..., 0] for one in gradients())
    mean = np.asarray(layer.kernel_mean)
    expected = 2 * np.asarray(tf.matmul(x, tf.matmul(x, mean) - t, transpose_a=True))[:, 0]
    np.testing.assert_allclose(by_means, np.tile(expected, (draws, 1)), rtol=1e-4, atol=1e-4)
    expected = 2 * 0.4 * np.square(x).sum(0)
    error = by_scales.std(0, ddof=1) / np.sqrt(draws)
    assert (np.abs(by_scales.mean(0) - expected) < STANDARD_ERRORS * error).all()
    assert rows == 2 * len(half)


@pytest.mark.parametrize("rows", [2, 3, 9])
def test_xla_takes_batches_of_any_size_too(rows: int) -> None:
    layer = VariationalConv2D(3, 2, estimator="antithetic", pairs=2, seed=1)
    layer.build((None, 3, 3, 1))

    @tf.function(jit_compile=True, input_signature=[tf.TensorSpec([None, 3, 3, 1])])
    def gradient(inputs: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape, drawing(DRAW):
            loss = tf.reduce_sum(layer(inputs))
        return tape.gradient(loss, layer.kernel.value)

    inputs = tf.random.stateless_normal([rows, 3, 3, 1], [1, 2])
    # The loss is linear in the kernel: its gradient has no noise, whatever numbers XLA draws.
    with tf.GradientTape() as tape:
        mean = layer.kernel_mean
        tape.watch(mean)
        loss = tf.reduce_sum(layer.op(inputs, mean))
    np.testing.assert_allclose(gradient(inputs), tape.gradient(loss, mean), atol=1e-4)


@pytest.mark.parametrize("pairs", [0, -1, 1.5, True, None])
def test_a_number_of_pairs_that_is_none_is_refused(pairs: Any) -> None:
    with pytest.raises(ValueError, match="`pairs` to be an integer above 0"):
        VariationalDense(3, estimator="antithetic", pairs=pairs)
