"""Gaussian processes by random features: their kernel, their posterior, and what draws give."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct
from sklearn.kernel_approximation import RBFSampler

from bnnc.runtime.layers.random_feature_gaussian_process import RandomFeatureGaussianProcess
from bnnc.runtime.noise import Draw, Kind, drawing
from bnnc.runtime.program import Program
from bnnc.runtime.training.differentiation import differentiate
from tests.support.predictions import of_numbers
from tests.support.tiny_program import arrays, program

Array = npt.NDArray[np.float64]

FEATURES = 3
LENGTH_SCALE = 0.8
AMPLITUDE = 1.5
NOISE = 0.3
ROWS = 12


def layer_of(num_inducing: int, units: int = 1, **arguments: Any) -> Any:
    made = RandomFeatureGaussianProcess(
        units,
        num_inducing=num_inducing,
        **{"length_scale": LENGTH_SCALE, "amplitude": AMPLITUDE, "seed": 5, **arguments},
    )
    made.build((None, FEATURES))
    return made


def numbers(rows: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=(rows, FEATURES))


def features_of(layer: Any, inputs: Array) -> Array:
    return np.asarray(layer.features(tf.constant(inputs, tf.float32)), np.float64)


def test_the_features_have_the_kernel_within_five_standard_errors() -> None:
    layer, inputs = layer_of(5000), numbers(8)
    features = features_of(layer, inputs)
    # The kernel is a mean over the features: each gives D φφᵀ, and they are independent.
    each = layer.num_inducing * features[:, None] * features[None]
    error = each.std(axis=-1) / layer.num_inducing**0.5
    expected = RBF(LENGTH_SCALE)(inputs)
    assert (np.abs(each.mean(axis=-1) - expected) < 5 * error).all()
    assert error.max() < 0.02


def test_the_features_are_those_of_scikit_learn_from_the_same_random_numbers() -> None:
    layer, inputs = layer_of(64), numbers(8)
    sampler = RBFSampler(gamma=1 / (2 * LENGTH_SCALE**2), n_components=64, random_state=1)
    expected = sampler.fit_transform(inputs)
    layer.projection.assign(sampler.random_weights_)
    layer.phase.assign(sampler.random_offset_)
    np.testing.assert_allclose(features_of(layer, inputs), expected, atol=1e-5)


def fitted(layer: Any, inputs: Array, targets: Array) -> None:
    """Give the layer the mode and the posterior of normal targets, row by row as it is asked."""
    features = features_of(layer, inputs)
    precision = np.eye(layer.num_inducing) / AMPLITUDE**2 + features.T @ features / NOISE**2
    layer.kernel.assign(np.linalg.solve(precision, features.T @ targets[:, None]) / NOISE**2)
    curvature = tf.fill((len(inputs), 1), 1 / NOISE**2)
    information = layer.information(tf.constant(inputs, tf.float32), curvature)
    layer.fit_posterior(np.asarray(information, np.float64))


def moments(layer: Any, inputs: Array) -> tuple[Array, Array]:
    """Mean and covariance of the outputs, by the layer's weights."""
    features = features_of(layer, inputs)
    root = features @ np.asarray(layer.covariance_root, np.float64)
    return (features @ np.asarray(layer.kernel, np.float64))[:, 0], root @ root.T


def test_the_posterior_is_that_of_gaussian_process_regression_on_the_features() -> None:
    """Exactly: of normal labels the second derivatives are all there is."""
    layer = layer_of(64)
    inputs, tests = numbers(ROWS), numbers(20, seed=1)
    targets = np.sin(inputs.sum(axis=-1))
    fitted(layer, inputs, targets)
    linear = ConstantKernel(AMPLITUDE**2) * DotProduct(0.0, "fixed")
    oracle = GaussianProcessRegressor(linear, alpha=NOISE**2, optimizer=None)
    oracle.fit(features_of(layer, inputs), targets)
    mean, covariance = oracle.predict(features_of(layer, tests), return_cov=True)
    received_mean, received = moments(layer, tests)
    np.testing.assert_allclose(received_mean, mean, atol=2e-4)
    np.testing.assert_allclose(received, covariance, atol=2e-4)


def test_of_many_features_it_is_that_of_the_kernel_itself() -> None:
    """Over several draws of the features, within five standard errors of their mean."""
    inputs, tests = numbers(6), numbers(10, seed=1)
    targets = np.sin(inputs.sum(axis=-1))
    kernel = ConstantKernel(AMPLITUDE**2) * RBF(LENGTH_SCALE)
    oracle = GaussianProcessRegressor(kernel, alpha=NOISE**2, optimizer=None).fit(inputs, targets)
    expected_mean, expected = oracle.predict(tests, return_cov=True)
    draws = []
    for seed in range(10):
        layer = layer_of(400, seed=seed)
        fitted(layer, inputs, targets)
        draws.append(moments(layer, tests))
    means, covariances = (np.array(one) for one in zip(*draws, strict=True))
    # The posterior is no linear function of the kernel: its mean is off by what 1 / D adds.
    for received, wanted in ((means, expected_mean), (covariances, expected)):
        error = received.std(axis=0) / len(received) ** 0.5
        assert (np.abs(received.mean(axis=0) - wanted) < 5 * error + 10 / 400).all()
        assert error.max() < 0.05


def test_far_from_the_data_the_variance_is_the_priors_and_it_grows_on_the_way() -> None:
    layer = layer_of(1024)
    fitted(layer, np.zeros((1, FEATURES)), np.ones(1))
    distances = np.array([0.0, 0.4, 0.8, 1.6, 3.2, 50.0])
    away = np.zeros((len(distances), FEATURES))
    away[:, 0] = distances
    variance = np.diag(moments(layer, away)[1])
    # Of one row at distance d: a² - a⁴ k(d)² / (a² + s²), with the kernel by so many features.
    kernel = np.exp(-(distances**2) / (2 * LENGTH_SCALE**2))
    expected = AMPLITUDE**2 * (1 - AMPLITUDE**2 * kernel**2 / (AMPLITUDE**2 + NOISE**2))
    np.testing.assert_allclose(variance, expected, atol=5 * 2 * AMPLITUDE**2 / 1024**0.5)
    assert (np.diff(expected) > 0).all()
    assert variance[0] < 0.05 * variance[-1]


def outputs_over_draws(layer: Any, inputs: tf.Tensor, kind: Kind, draws: int) -> Array:
    @tf.function
    def all_outputs() -> tf.Tensor:
        def outputs(index: tf.Tensor) -> tf.Tensor:
            with drawing(Draw(tf.stack([7, index]), kind)):
                return layer(inputs)

        return tf.map_fn(outputs, tf.range(draws), fn_output_signature=tf.float32)

    return np.asarray(all_outputs(), np.float64)


def test_draws_have_the_mean_and_the_covariance_of_the_posterior() -> None:
    """Over the rows too: a draw is one function for all images, and another for each output."""
    layer = layer_of(32, units=2)
    generator = np.random.default_rng(3)
    layer.kernel.assign(generator.normal(size=(32, 2)))
    half = generator.normal(size=(32, 40))
    layer.fit_posterior(half @ half.T)
    inputs = numbers(3)
    draws = 4000
    outputs = outputs_over_draws(layer, tf.constant(inputs, tf.float32), "weights", draws)
    mean = np.asarray(features_of(layer, inputs) @ np.array(layer.kernel))
    expected = moments(layer, inputs)[1]
    deviations = np.diag(expected) ** 0.5
    assert (np.abs(outputs.mean(axis=0) - mean) < 5 * deviations[:, None] / draws**0.5).all()
    centred = outputs - mean
    for one, other in ((0, 0), (1, 1), (0, 1)):
        products = centred[:, :, None, one] * centred[:, None, :, other]
        wanted = expected if one == other else 0.0
        error = products.std(axis=0) / draws**0.5
        assert (np.abs(products.mean(axis=0) - wanted) < 5 * error).all(), (one, other)


def test_the_loss_and_its_validation_see_the_mode_alone() -> None:
    layer, inputs = layer_of(32), tf.constant(numbers(3), tf.float32)
    mode = features_of(layer, numbers(3)) @ np.array(layer.kernel)
    np.testing.assert_allclose(layer(inputs, training=True), mode, atol=1e-5)
    np.testing.assert_allclose(
        outputs_over_draws(layer, inputs, "estimator", 1)[0], mode, atol=1e-5
    )
    drawn = outputs_over_draws(layer, inputs, "weights", 1)[0]
    assert (np.abs(drawn - mode) > 1e-3).any()


def test_before_any_training_draws_have_the_priors_variance_and_under_way_none() -> None:
    layer, inputs = layer_of(512), numbers(4)
    features = features_of(layer, inputs)
    np.testing.assert_allclose(
        moments(layer, inputs)[1], AMPLITUDE**2 * features @ features.T, rtol=1e-5
    )
    assert layer.has_posterior
    layer.forget_posterior()
    assert not layer.has_posterior
    outputs = outputs_over_draws(layer, tf.constant(inputs, tf.float32), "weights", 2)
    np.testing.assert_array_equal(outputs[0], outputs[1])


def test_the_loss_has_minus_the_log_density_of_the_prior() -> None:
    layer = layer_of(16, units=2)
    weights = np.asarray(layer.kernel, np.float64)
    density = -0.5 * (weights / AMPLITUDE) ** 2  # less that of 0
    assert float(layer.kl_divergence()) == pytest.approx(-density.sum(), rel=1e-5)


PROCESS = {"num_inducing": 32, "length_scale": 2.0, "amplitude": AMPLITUDE}


def regression() -> Program:
    """One dense layer of normal labels, whose posterior has a closed form."""
    return program(
        "sngp",
        layers=[{"type": "flatten"}, {"type": "dense", "units": 1, "use_bias": False}],
        bayesian={"method": "sngp", "gaussian_process": PROCESS},
        output={
            "distribution": "normal",
            "parameterization": "loc",
            "labels": "real",
            "scale": NOISE,
            "label_std": 2.0,
        },
        training={
            "batch_size": 5,
            "epochs": 1,
            "optimizer": {"type": "sgd", "learning_rate": 1e-30},
        },
    )


def test_a_program_finds_mode_and_posterior_of_bayesian_linear_regression() -> None:
    made = regression()
    layer: Any = made.model.layers[-1]
    images, classes = arrays(ROWS)
    labels = classes.astype(np.float32)
    features = features_of(layer, images.reshape(ROWS, -1) / 16)
    # The labels are counted in 2: a location is 2 φᵀβ.
    precision = np.eye(32) / AMPLITUDE**2 + 4 * features.T @ features / NOISE**2
    mode = np.linalg.solve(precision, 2 * features.T @ labels / NOISE**2)
    layer.kernel.assign(mode[:, None])
    made.model.bind(rows=ROWS, batch_size=ROWS)
    batch = tf.constant(images), tf.constant(labels)
    (gradient,) = differentiate(made.model, *batch, tf.constant(0))[0]
    layer.kernel.assign(np.zeros((32, 1)))
    (elsewhere,) = differentiate(made.model, *batch, tf.constant(0))[0]
    layer.kernel.assign(mode[:, None])
    assert np.abs(gradient).max() < 1e-4 * np.abs(elsewhere).max()  # the loss is least there
    made.fit(images, labels)  # at a rate that changes nothing: it only fits
    covariance = np.asarray(layer.covariance_root) @ np.asarray(layer.covariance_root).T
    np.testing.assert_allclose(covariance, np.linalg.inv(precision), atol=1e-4)
    samples = 2000
    prediction = of_numbers(made.predict(images, samples))
    expected = 2 * np.einsum("rd,de,re->r", features, covariance, features) ** 0.5
    error = 5 * expected / (2 * samples) ** 0.5
    assert (np.abs(prediction.epistemic_std.reshape(-1) - expected) < error).all()


def test_classes_have_the_precision_of_the_largest_second_derivative() -> None:
    made = program("sngp", bayesian={"method": "sngp", "gaussian_process": PROCESS})
    images, labels = arrays(20)
    made.fit(images, labels)
    layer: Any = made.model.layers[-1]
    inputs = keras.Model(made.model.input, layer.input)(images, training=False)
    features = features_of(layer, np.asarray(inputs))
    logits = features @ np.array(layer.kernel) + np.array(layer.bias)
    probs = tf.nn.softmax(logits).numpy()
    curvature = (probs * (1 - probs)).max(axis=-1)
    precision = np.eye(32) / AMPLITUDE**2 + (features * curvature[:, None]).T @ features
    root = np.asarray(layer.covariance_root, np.float64)
    np.testing.assert_allclose(root @ root.T, np.linalg.inv(precision), atol=1e-4)


def test_it_is_saved_with_its_posterior_and_loaded_in_safe_mode(tmp_path: Path) -> None:
    inputs = keras.Input((FEATURES,))
    layer = RandomFeatureGaussianProcess(2, num_inducing=8, length_scale=3.0, amplitude=2.0, seed=4)
    model = keras.Model(inputs, layer(inputs))
    layer.fit_posterior(np.eye(8))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.layers[1].get_config() == layer.get_config()
    for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "arguments", [{"num_inducing": 0}, {"length_scale": 0.0}, {"amplitude": -1.0}], ids=str
)
def test_an_argument_out_of_range_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments))):
        RandomFeatureGaussianProcess(2, **arguments)
