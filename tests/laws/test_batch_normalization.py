"""Batch normalization in one operation is Keras's own in many."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.layers.batch_normalization import BatchNormalization

ARGUMENTS: list[dict[str, Any]] = [
    {},
    {"center": False, "momentum": 0.5},
    {"scale": False, "epsilon": 0.1},
    {"center": False, "scale": False},
    {"epsilon": 1e-6},  # smaller than the one operation takes
    {"axis": 1},
    {"renorm": True},
]
SHAPES = [(5, 4, 3, 2), (1, 1, 1, 2), (7, 3), (5, 4, 3), (2, 3, 2, 3, 2)]


def pair(shape: tuple[int, ...], **arguments: Any) -> tuple[Any, Any]:
    """The layer and Keras's, with the same weights, which are not those that they begin with."""
    layers = BatchNormalization(**arguments), keras.layers.BatchNormalization(**arguments)
    generator = np.random.default_rng(1)
    for layer in layers:
        layer.build(shape)
    weights = [generator.uniform(0.5, 2, one.shape) for one in layers[0].weights]
    for layer in layers:
        layer.set_weights(weights)
    return layers


def step(layer: Any, inputs: np.ndarray, training: bool) -> list[np.ndarray]:
    """Outputs, gradients of the inputs and of what is trained, and the weights afterwards."""
    images = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = layer(images, training=training)
        loss = tf.reduce_sum(tf.sin(3.0 * tf.cast(outputs, tf.float32)))
    gradients = tape.gradient(loss, [images, *(one.value for one in layer.trainable_variables)])
    made = [outputs, *gradients, *layer.weights]
    return [np.asarray(tf.cast(tf.convert_to_tensor(one), tf.float32)) for one in made]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("arguments", ARGUMENTS, ids=str)
def test_it_is_keras_s_own(
    arguments: dict[str, Any], shape: tuple[int, ...], training: bool
) -> None:
    inputs = np.random.default_rng(0).normal(1, 2, shape).astype(np.float32)
    received, expected = (step(one, inputs, training) for one in pair(shape, **arguments))
    for one, other in zip(received, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=2e-5)


def test_frozen_it_neither_learns_nor_sees_the_batch() -> None:
    layers = pair(SHAPES[0])
    inputs = np.random.default_rng(0).normal(1, 2, SHAPES[0]).astype(np.float32)
    for layer in layers:
        layer.trainable = False
    before = layers[0].get_weights()
    received, expected = (np.asarray(one(inputs, training=True)) for one in layers)
    np.testing.assert_allclose(received, expected, rtol=1e-5)
    np.testing.assert_array_equal(np.concatenate(layers[0].get_weights()), np.concatenate(before))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_in_half_precision_the_moving_averages_are_those_of_the_rounded_inputs(policy: str) -> None:
    """The mean of 600 numbers of 300 would overflow float16, if they were summed there."""
    shape = (6, 10, 10, 2)
    inputs = np.random.default_rng(0).normal(300, 2, shape).astype(np.float32)
    layer, keras_s = pair(shape, dtype=policy)
    rounded = tf.cast(inputs, layer.compute_dtype)
    received, expected = (one(rounded, training=True) for one in (layer, keras_s))
    assert received.dtype == layer.compute_dtype
    digits = 2.0**-7 if policy == "mixed_bfloat16" else 2.0**-9
    difference = np.asarray(tf.cast(received, tf.float32) - tf.cast(expected, tf.float32))
    assert np.abs(difference).max() < 8 * digits
    for one, other in zip(layer.get_weights(), keras_s.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4)


def test_maps_take_one_operation_and_its_gradient_another() -> None:
    layer, _ = pair(SHAPES[0])

    @tf.function
    def trained(images: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.sin(layer(images, training=True)))
        return tape.gradient(loss, layer.gamma.value)

    graph = trained.get_concrete_function(tf.TensorSpec((None, *SHAPES[0][1:]))).graph
    kinds = [one.type for one in graph.get_operations()]
    assert kinds.count("FusedBatchNormV3") == kinds.count("FusedBatchNormGradV3") == 1
    assert "Mean" not in kinds
