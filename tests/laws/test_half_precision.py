"""In half precision the noise of a kernel keeps its law.

Variances below the smallest number of a type, and noise below the rounding of the means that it is
added to, are how it could be lost. It is not: mean, scale and noise meet in float32 and are rounded
once, and variances are taken in a type with the range of float32. What is left is the rounding of
the weights and of the outputs, which every model in half precision has.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.softplus import unconstrained

STANDARD_ERRORS = 5.0
# Exact in both types, so that only what is added to it is rounded.
MEAN = 0.6875
# By policy: distance of neighbouring numbers over the number, at most; and a scale, over the mean,
# whose square float16 could not hold as a normal number.
POLICIES = {"mixed_bfloat16": (2**-7, 2**-5), "mixed_float16": (2**-10, 2**-8)}


def test_the_outputs_have_the_mean_and_the_variance_of_the_posterior(
    first_case: Any, estimator_name: str, a_half_precision: str, sample: Callable[..., np.ndarray]
) -> None:
    spacing, relative_scale = POLICIES[a_half_precision]
    scale = relative_scale * MEAN
    layer = first_case.layer_as_built(estimator_name, dtype=a_half_precision)
    signs = np.random.default_rng(8).choice([-1.0, 1.0], layer.kernel.shape)
    layer.kernel.assign(MEAN * signs)
    layer.kernel_unconstrained_scale.assign(np.full(layer.kernel.shape, unconstrained(scale)))
    inputs = tf.cast(tf.cast(first_case.inputs(), layer.compute_dtype), tf.float32)
    outputs = sample(layer, inputs)
    draws = len(outputs)

    mean = np.asarray(layer.op(inputs, layer.kernel_mean), np.float64)
    variance = np.asarray(layer.op(inputs**2, layer.kernel_scale**2), np.float64)
    # A number is rounded by half the distance to its neighbours at most, with a twelfth of its
    # square as variance: the weights once, the outputs up to three times, bias included.
    weights = np.asarray(layer.op(inputs**2, tf.fill(layer.kernel.shape, spacing * MEAN) ** 2)) / 12
    largest = np.abs(outputs).max(axis=0)
    rounding = weights + 3 * (spacing * largest) ** 2 / 12
    assert np.median(rounding / variance) < 0.05, "too much rounding to say anything"

    error = STANDARD_ERRORS * np.sqrt(variance / draws) + 1.5 * spacing * largest
    assert np.all(np.abs(outputs.mean(axis=0) - mean) <= error)
    error = STANDARD_ERRORS * variance * np.sqrt(2 / (draws - 1)) + rounding
    assert np.all(np.abs(outputs.var(axis=0, ddof=1) - variance) <= error)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_noise_of_a_bias_keeps_its_law_too(
    dense_case: Any, estimator_name: str, policy: str, sample: Callable[..., np.ndarray]
) -> None:
    spacing, relative_scale = POLICIES[policy]
    scale = relative_scale * MEAN
    layer = dense_case.layer_as_built(
        estimator_name, dtype=policy, bayesian_bias=True, initial_scale=scale
    )
    layer.bias.assign(MEAN * tf.ones_like(layer.bias))
    outputs = sample(layer, tf.zeros_like(dense_case.inputs()))
    variance, rounding = scale**2, 3 * (spacing * MEAN) ** 2 / 12
    error = STANDARD_ERRORS * np.sqrt(variance / len(outputs)) + spacing * MEAN
    assert np.all(np.abs(outputs.mean(axis=0) - MEAN) <= error)
    error = STANDARD_ERRORS * variance * np.sqrt(2 / (len(outputs) - 1)) + rounding
    assert np.all(np.abs(outputs.var(axis=0, ddof=1) - variance) <= error)


def test_a_scale_whose_square_float16_cannot_hold_gives_the_noise_that_it_says(
    first_case: Any, estimator_name: str, a_half_precision: str, sample: Callable[..., np.ndarray]
) -> None:
    # Below 2.4e-4 the square rounds to 0 in float16. Means of 0, so that nothing else is rounded.
    scale = 1e-4
    layer = first_case.layer_as_built(
        estimator_name,
        dtype=a_half_precision,
        initial_scale=scale,
        use_bias=False,
        **{first_case.layer_class.kernel_initializer_argument: "zeros"},
    )
    outputs = sample(layer, first_case.inputs())
    inputs = tf.cast(first_case.inputs(), tf.float32)
    variance = np.asarray(layer.op(inputs**2, layer.kernel_scale**2), np.float64)
    # The digits of the type, and in float16 the steps of 6e-8 below its smallest normal number.
    spacing, _ = POLICIES[a_half_precision]
    rounding = 3 * spacing + 3 * 2**-24 / scale
    error = variance * (STANDARD_ERRORS * np.sqrt(2 / (len(outputs) - 1)) + rounding)
    assert np.all(np.abs(outputs.var(axis=0, ddof=1) - variance) <= error)
