"""Layers with a bounded spectral norm: the norm is that of the map, by numpy's decomposition."""

import importlib
import math
import pkgutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import bnnc.runtime.layers
from bnnc.runtime.layers.dense import SpectralNormalizedDense
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from tests.laws.conftest import CASES

BOUND = 0.7
ITERATIONS = 300


def normalized_layers() -> dict[str, type[SpectralNormalization]]:
    """The layer classes of the package with a bounded norm that can be built."""
    found = {}
    for module in pkgutil.iter_modules(bnnc.runtime.layers.__path__):
        members = vars(importlib.import_module(f"bnnc.runtime.layers.{module.name}"))
        for name, one in members.items():
            if isinstance(one, type) and issubclass(one, SpectralNormalization):
                found[name] = one
    del found["SpectralNormalization"]
    return found


Case = tuple[type[SpectralNormalization], dict[str, Any], tuple[int, ...]]
ALL: dict[str, Case] = {
    f"{name}, {label}": (layer_class, *case)
    for name, layer_class in normalized_layers().items()
    for label, case in CASES["Variational" + name.removeprefix("SpectralNormalized")].items()
}
FIRST = {
    name: next(one for label, one in ALL.items() if label.startswith(f"{name},"))
    for name in normalized_layers()
}
every_case = pytest.mark.parametrize("case", ALL.values(), ids=list(ALL))
every_layer = pytest.mark.parametrize("case", FIRST.values(), ids=list(FIRST))


def made(case: Case, **arguments: Any) -> Any:
    layer_class, own, shape = case
    layer: Any = layer_class(**{**own, "norm_multiplier": BOUND, "seed": 20, **arguments})
    layer.build((None, *shape))
    return layer


def converged(case: Case, **arguments: Any) -> Any:
    layer = made(case, **arguments)

    @tf.function
    def iterate() -> None:
        for _ in tf.range(ITERATIONS):
            layer.iterate()

    iterate()
    return layer


def largest_singular_value(layer: Any, kernel: Any, shape: tuple[int, ...]) -> float:
    """Of the matrix of the whole map, whose columns are what unit vectors are taken to."""
    size = math.prod(shape)
    units = tf.reshape(tf.eye(size), (size, *shape))
    matrix = np.asarray(layer.op(units, tf.convert_to_tensor(kernel)), np.float64)
    return float(np.linalg.svd(matrix.reshape(size, -1), compute_uv=False)[0])


@every_case
def test_the_norm_is_the_largest_singular_value_of_the_map(case: Case) -> None:
    layer = converged(case)
    expected = largest_singular_value(layer, layer.kernel, case[2])
    assert expected > BOUND  # else nothing is normalised
    assert float(layer.spectral_norm) == pytest.approx(expected, rel=1e-3)
    assert float(layer.spectral_norm) < expected * (1 + 1e-5)  # an iterate is never above it
    normalised = largest_singular_value(layer, layer.normalised_kernel, case[2])
    assert normalised == pytest.approx(BOUND, rel=1e-3)


@every_layer
def test_a_kernel_within_the_bound_is_applied_as_it_is(case: Case) -> None:
    layer = converged(case)
    layer.norm_multiplier = 1.001 * float(layer.spectral_norm)
    np.testing.assert_array_equal(layer.normalised_kernel, layer.kernel)


@every_layer
def test_outputs_are_those_of_keras_with_the_normalised_kernel(case: Case) -> None:
    layer = converged(case, activation="tanh")
    inputs = tf.constant(np.random.default_rng(1).normal(size=(3, *case[2])), tf.float32)
    outputs = layer(inputs)
    plain_class = getattr(keras.layers, type(layer).__name__.removeprefix("SpectralNormalized"))
    plain = plain_class(**case[1], activation="tanh")
    plain.build((None, *case[2]))
    plain.kernel.assign(layer.normalised_kernel)
    np.testing.assert_allclose(outputs, plain(inputs), atol=1e-6)


@every_layer
def test_a_call_in_training_takes_one_step_and_one_at_prediction_none(case: Case) -> None:
    layer, other = made(case), made(case)
    inputs = tf.zeros((1, *case[2]))
    before = np.array(layer.singular_vector)
    layer(inputs)
    np.testing.assert_array_equal(layer.singular_vector, before)
    layer(inputs, training=True)
    other.iterate()
    np.testing.assert_array_equal(layer.singular_vector, other.singular_vector)
    assert not np.array_equal(layer.singular_vector, before)


@every_case
def test_no_two_inputs_are_taken_farther_apart_than_the_bound_allows(case: Case) -> None:
    layer = converged(case, use_bias=True)
    pairs = tf.constant(np.random.default_rng(2).normal(size=(2, 50, *case[2])), tf.float32)
    ones, others = (np.asarray(layer(part), np.float64).reshape(50, -1) for part in pairs)
    given = np.linalg.norm(np.asarray(pairs[0] - pairs[1]).reshape(50, -1), axis=-1)
    assert (np.linalg.norm(ones - others, axis=-1) <= BOUND * given * (1 + 1e-3)).all()


def test_the_gradient_goes_through_the_norm() -> None:
    layer = converged(ALL["SpectralNormalizedDense, features"])
    weights = np.random.default_rng(3).normal(size=layer.kernel.shape)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer.normalised_kernel * tf.constant(weights, tf.float32))
    kernel = np.asarray(layer.kernel, np.float64)
    into, values, out = np.linalg.svd(kernel)
    # d(c W / s) = c dW / s - c W ds / s², and ds is u vᵀ.
    expected = BOUND / values[0] * weights
    expected -= BOUND / values[0] ** 2 * np.sum(weights * kernel) * np.outer(into[:, 0], out[0])
    np.testing.assert_allclose(tape.gradient(total, layer.kernel.value), expected, atol=1e-3)


def test_a_kernel_of_zeros_has_a_finite_gradient() -> None:
    layer = made(ALL["SpectralNormalizedDense, features"])
    layer.kernel.assign(np.zeros(layer.kernel.shape))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(tf.ones((1, 5)), training=True))
    gradient = tape.gradient(total, layer.kernel.value)
    assert np.isfinite(gradient).all()
    assert np.isfinite(layer.singular_vector).all()


@every_layer
def test_it_is_saved_with_its_vector_and_loaded_in_safe_mode(case: Case, tmp_path: Path) -> None:
    inputs = keras.Input(case[2])
    layer = case[0](**case[1], norm_multiplier=BOUND, seed=4)
    model = keras.Model(inputs, layer(inputs))
    model(tf.ones((1, *case[2])), training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.layers[1].get_config() == layer.get_config()
    for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_half_precision_keeps_kernel_and_norm_in_float32() -> None:
    case = ALL["SpectralNormalizedConv2D, same"]
    layer, full = converged(case, dtype="mixed_bfloat16"), converged(case)
    np.testing.assert_array_equal(layer.normalised_kernel, full.normalised_kernel)
    inputs = tf.ones((1, *case[2]))
    assert layer(inputs).dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(layer(inputs), tf.float32), full(inputs), atol=0.02)


@pytest.mark.parametrize("bound", [0, -1.0, float("nan")])
def test_a_bound_that_is_none_is_refused(bound: float) -> None:
    with pytest.raises(ValueError, match="norm_multiplier"):
        SpectralNormalizedDense(3, norm_multiplier=bound)


def test_inputs_of_unknown_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="known sizes"):
        ALL["SpectralNormalizedConv2D, same"][0](3, 3).build((None, None, 4, 2))
