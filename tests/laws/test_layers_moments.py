"""The law of the outputs, over many draws, is the one that the posterior implies."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.estimators import ESTIMATORS
from bnnc.runtime.estimators.flipout import bias_noise, bias_signs, flipout_noise
from bnnc.runtime.noise import Draw, drawing, layer_key
from tests.laws.conftest import cases_under_estimators

Outputs = Callable[[Any, str], np.ndarray]
STANDARD_ERRORS = 5.0


def assert_moments(outputs: np.ndarray, mean: Any, variance: Any) -> None:
    """Compare the moments of Gaussian outputs [draws, ...] with those expected."""
    draws = len(outputs)
    mean, variance = np.asarray(mean, np.float64), np.asarray(variance, np.float64)
    # 1e-6 is the rounding of float32 outputs of order 1, which counts where the variance is tiny.
    mean_error = STANDARD_ERRORS * np.sqrt(variance / draws) + 1e-6
    # Of Gaussian outputs the sample variance has the variance 2 variance² / (draws - 1).
    variance_error = STANDARD_ERRORS * variance * np.sqrt(2 / (draws - 1)) + 1e-6
    assert np.all(np.abs(outputs.mean(0) - mean) <= mean_error)
    assert np.all(np.abs(outputs.var(0, ddof=1) - variance) <= variance_error)


def expected_moments(layer: Any, inputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    mean = layer.op(inputs, layer.kernel_mean)
    variance = layer.op(tf.square(inputs), tf.square(layer.kernel_scale))
    if layer.use_bias:
        mean += layer.bias
    if layer.bayesian_bias:
        variance += tf.square(layer.bias_scale)
    return mean, variance


def correlation_in_standard_errors(first: np.ndarray, second: np.ndarray) -> Any:
    """Return the sample covariance of [draws, ...] divided by its own standard error."""
    products = (first - first.mean(0)) * (second - second.mean(0))
    return products.mean(0) / (products.std(0) / np.sqrt(len(products)))


def test_every_variational_layer_is_held_against_the_laws(
    layer_classes_without_a_case: set[str],
) -> None:
    assert not layer_classes_without_a_case


def test_mean_and_variance_of_the_outputs_are_those_of_the_posterior(
    case_and_estimator: tuple[Any, str], training_outputs: Outputs
) -> None:
    case, estimator_name = case_and_estimator
    mean, variance = expected_moments(case.layer(estimator_name), case.inputs())
    assert_moments(training_outputs(case, estimator_name), mean, variance)


def test_mean_and_variance_under_weight_draws_are_those_of_the_posterior(
    first_case: Any, estimator_name: str, sample: Callable[..., np.ndarray]
) -> None:
    layer, inputs = first_case.layer(estimator_name), first_case.inputs()
    mean, variance = expected_moments(layer, inputs)
    assert_moments(sample(layer, inputs, kind="weights"), mean, variance)


def test_mean_and_variance_are_those_of_the_posterior_when_compiled_with_xla(
    dense_case: Any, estimator_name: str, sample: Callable[..., np.ndarray]
) -> None:
    layer, inputs = dense_case.layer(estimator_name), dense_case.inputs()
    mean, variance = expected_moments(layer, inputs)
    assert_moments(sample(layer, inputs, jit_compile=True), mean, variance)


@pytest.mark.parametrize(
    ("case", "name"),
    [one for one in cases_under_estimators().values() if ESTIMATORS[one[1]].is_weight_draw],
    ids=[
        label
        for label, (_, name) in cases_under_estimators().items()
        if ESTIMATORS[name].is_weight_draw
    ],
)
def test_positions_of_an_example_are_correlated_through_the_kernel_they_share(
    case: Any, name: str, training_outputs: Outputs
) -> None:
    # The sum of an example's outputs is linear in the kernel: its variance is the sum of the
    # squared derivatives times the squared scales. Signs drawn per pixel would break it.
    layer, inputs = case.layer(name), case.inputs()[:1]
    with tf.GradientTape() as tape:
        mean = layer.kernel_mean
        tape.watch(mean)
        total = tf.reduce_sum(layer.op(inputs, mean))
    derivative = tape.gradient(total, mean)
    variance = tf.reduce_sum(tf.square(derivative * layer.kernel_scale))
    outputs = training_outputs(case, name)[:, 0]
    sums = outputs.reshape(len(outputs), -1).sum(1)
    positions = outputs[0].size // layer.output_channels
    bias = positions * np.sum(layer.bias) if layer.use_bias else 0.0
    if layer.bayesian_bias:  # every position has the same draw of it
        variance += tf.reduce_sum(tf.square(positions * layer.bias_scale))
    assert_moments(sums, total + bias, variance)


def test_equal_examples_of_a_batch_get_independent_noise_or_share_it_as_the_estimator_says(
    case_and_estimator: tuple[Any, str], training_outputs: Outputs
) -> None:
    case, estimator_name = case_and_estimator
    outputs = training_outputs(case, estimator_name)
    difference = np.abs(outputs[:, 0] - outputs[:, 1]).max()
    if ESTIMATORS[estimator_name].noise_of_examples == "independent":
        assert difference > 0.1
        correlation = correlation_in_standard_errors(outputs[:, 0], outputs[:, 1])
        assert np.all(np.abs(correlation) <= STANDARD_ERRORS)
    else:  # of three examples, the first two are a half
        assert difference <= 1e-6


def test_reparameterization_and_flipout_may_predict_with_draws_of_the_weights() -> None:
    assert ESTIMATORS["reparameterization"].is_weight_draw
    assert ESTIMATORS["flipout"].is_weight_draw


def test_equal_examples_get_the_same_noise_where_weights_are_drawn(
    case: Any, estimator_name: str
) -> None:
    layer, inputs = case.layer(estimator_name), case.inputs()
    with drawing(Draw(tf.constant([3, 4]), "weights")):
        outputs = layer(inputs)
    spread = np.abs(outputs[0] - outputs[1]).max()
    keeps_its_own_noise = not ESTIMATORS[
        estimator_name
    ].is_weight_draw and layer.positions_share_kernel(inputs)
    if keeps_its_own_noise:
        assert spread > 0.1
    else:
        assert spread <= 1e-6


def test_only_dense_on_one_axis_meets_its_kernel_once(case: Any) -> None:
    layer, inputs = case.layer("flipout"), case.inputs()
    per_example = layer.op(inputs, layer.kernel_mean)[0]
    once = tf.size(per_example) == layer.output_channels and inputs.shape.rank == 2
    assert layer.positions_share_kernel(inputs) is not bool(once)


def test_flipout_gives_every_example_a_legal_draw_of_the_kernel(case: Any) -> None:
    layer, inputs = case.layer("flipout"), case.inputs()
    draw = Draw(tf.constant([3, 4]), "estimator")
    with drawing(draw):
        outputs = layer(inputs)
    mean = layer.kernel_mean
    key = layer_key(draw, layer.seed)
    noise, signs = flipout_noise(layer, inputs, mean, key)
    biases = np.zeros((len(inputs), 1)) + (layer.bias if layer.use_bias else 0.0)
    if layer.bayesian_bias:
        bias_sign = np.reshape(bias_signs(layer, outputs, key), (len(inputs), 1))
        np.testing.assert_array_equal(np.abs(bias_sign), 1.0)
        biases += bias_sign * layer.bias_scale * bias_noise(layer.bias_scale, key)
    ones = tf.ones_like(inputs[:1])
    plain = _derivative_of_sum(layer, ones, mean)
    for example in range(len(inputs)):
        # Which sign each weight got: the derivative of the sum of the outputs by that weight,
        # with the signs and without them. Were they to differ between the positions that share
        # a weight, the ratio would not be +1 or -1.
        signed = _derivative_of_sum(layer, ones * signs[example : example + 1], mean)
        sign = np.asarray(signed / plain)
        np.testing.assert_array_equal(np.abs(sign), 1.0)
        kernel = mean + layer.kernel_scale * noise * sign
        expected = layer.op(inputs[example : example + 1], kernel)[0] + biases[example]
        np.testing.assert_allclose(outputs[example], expected, rtol=1e-5, atol=1e-5)


def _derivative_of_sum(layer: Any, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        total = tf.reduce_sum(layer.op(inputs, kernel))
    return tape.gradient(total, kernel)


def test_the_signs_of_flipout_are_plus_or_minus_one_with_mean_zero(case: Any) -> None:
    layer = case.layer("flipout")
    examples = 4000
    inputs = tf.zeros([examples, *case.example_shape])
    _, signs = flipout_noise(layer, inputs, layer.kernel_mean, tf.constant([5, 6]))
    assert signs.shape == [examples, *[1] * (inputs.shape.rank - 2), inputs.shape[-1]]
    np.testing.assert_array_equal(np.abs(signs), 1.0)
    assert np.all(np.abs(np.mean(signs, axis=0)) <= STANDARD_ERRORS / np.sqrt(examples))
