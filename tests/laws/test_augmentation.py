"""Random changes of images: Keras's own, in training alone, and the same for the same draw."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import bnnc.runtime
from bnnc.runtime.noise import Draw, drawing
from bnnc.specs.layers import LAYER_TYPES, type_name
from bnnc.specs.layers.augmentation import Augmentation

# What every augmentation is called with, and what makes it leave images as they are.
CASES: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "random_flip": ({}, None),
    "random_crop": ({"height": 4, "width": 3}, None),
    "random_translation": (
        {"height_factor": 0.3, "width_factor": 0.3},
        {"height_factor": 0.0, "width_factor": 0.0},
    ),
    "random_rotation": ({"factor": 0.2}, {"factor": 0.0}),
    "random_zoom": ({"height_factor": 0.3}, {"height_factor": 0.0}),
    "random_contrast": (
        {"factor": [0.5, 0.5], "value_range": (0, 1)},
        {"factor": 0.0, "value_range": (0, 1)},
    ),
    "random_erasing": ({"value_range": (0, 1)}, {"factor": 0.0, "value_range": (0, 1)}),
}
IMAGES = tf.random.stateless_uniform([8, 6, 6, 2], [1, 2])


def layer_of(name: str, arguments: dict[str, Any], seed: int = 3) -> Any:
    section = next(one for one in LAYER_TYPES if type_name(one) == name)
    return getattr(bnnc.runtime, section.keras_class.rpartition(".")[2])(**arguments, seed=seed)


def changed(layer: Any, key: tuple[int, int] = (5, 6), images: tf.Tensor = IMAGES) -> Any:
    with drawing(Draw(tf.constant(key), "estimator")):
        return np.asarray(layer(images, training=True))


def at_prediction(name: str) -> Any:
    """The images as they are; of a crop what is in their middle, 1 from the top and 1 from the left."""
    return IMAGES[:, 1:5, 1:4] if name == "random_crop" else IMAGES


def test_every_augmentation_of_the_language_is_held_against_these_laws() -> None:
    said = {type_name(one) for one in LAYER_TYPES if issubclass(one, Augmentation)}
    assert said == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_images_are_changed_in_training_alone_each_by_itself(name: str) -> None:
    layer = layer_of(name, CASES[name][0])
    for training in ({}, {"training": False}, {"training": None}):
        np.testing.assert_array_equal(layer(IMAGES, **training), at_prediction(name))
    images = tf.repeat(IMAGES[:1], 8, axis=0)
    outputs = changed(layer, images=images)
    assert outputs.shape == at_prediction(name).shape
    assert any(np.any(one != outputs[0]) for one in outputs[1:])


@pytest.mark.parametrize("name", CASES)
def test_the_same_draw_changes_them_the_same_way_and_another_another(name: str) -> None:
    layer = layer_of(name, CASES[name][0])
    loaded = type(layer).from_config(layer.get_config())
    np.testing.assert_array_equal(changed(layer), changed(layer))
    np.testing.assert_array_equal(changed(layer), changed(loaded))
    assert np.any(changed(layer) != changed(layer, (5, 7)))
    assert np.any(changed(layer) != changed(layer_of(name, CASES[name][0], seed=4)))
    outside = [np.asarray(layer(IMAGES, training=True)) for _ in range(2)]
    assert np.any(outside[0] != outside[1])


@pytest.mark.parametrize("name", CASES)
def test_a_saved_one_changes_them_as_before(name: str, tmp_path: Path) -> None:
    images = keras.Input(IMAGES.shape[1:])
    model = keras.Model(images, layer_of(name, CASES[name][0])(images))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(IMAGES), at_prediction(name))
    np.testing.assert_array_equal(changed(loaded), changed(model))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_a_crop_copies_pixels_in_half_precision_too(policy: str) -> None:
    layer = layer_of("random_crop", {"height": 4, "width": 3, "dtype": policy})
    outputs = layer(IMAGES)
    assert outputs.dtype == layer.compute_dtype
    whole = layer_of("random_crop", {"height": 4, "width": 3})
    expected = tf.cast(changed(whole), layer.compute_dtype)
    np.testing.assert_array_equal(changed(layer), np.asarray(expected))


@pytest.mark.parametrize("name", [name for name, (_, nothing) in CASES.items() if nothing])
def test_a_change_of_nothing_leaves_them_as_they_are(name: str) -> None:
    nothing = CASES[name][1]
    assert nothing is not None
    np.testing.assert_allclose(changed(layer_of(name, nothing)), IMAGES, atol=1e-5)


def test_half_of_the_images_are_flipped() -> None:
    rows = 2000
    images = tf.repeat(IMAGES[:1], rows, axis=0)
    outputs = changed(layer_of("random_flip", {"mode": "horizontal"}), images=images)
    flipped = np.array([np.array_equal(one, IMAGES[0, :, ::-1]) for one in outputs])
    kept = np.array([np.array_equal(one, IMAGES[0]) for one in outputs])
    assert np.all(flipped ^ kept)
    assert abs(flipped.mean() - 0.5) <= 5 * 0.5 / np.sqrt(rows)


def test_they_change_images_as_keras_does_given_the_same_numbers() -> None:
    for name, (arguments, _) in CASES.items():
        layer = layer_of(name, arguments)
        plain = getattr(keras.layers, type(layer).__name__)(**arguments, seed=3)
        with drawing(Draw(tf.constant([5, 6]), "estimator")):
            numbers = layer.get_random_transformation(IMAGES, training=True)
        # Keras cuts all images of a batch at one place: here each of them is a batch.
        batches = [(IMAGES, numbers)]
        if name == "random_crop":
            places = np.transpose(numbers)
            batches = [(IMAGES[row : row + 1], place) for row, place in enumerate(places)]
        expected = [plain.transform_images(*batch, training=True) for batch in batches]
        np.testing.assert_array_equal(changed(layer), np.concatenate(expected))


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("height", "width"), [(4, 3), (6, 5), (1, 6)])
def test_every_window_is_cut_out_and_each_as_often(height: int, width: int, compiled: bool) -> None:
    rows = 4000
    layer = layer_of("random_crop", {"height": height, "width": width})
    assert layer.supports_jit
    images = tf.repeat(IMAGES[:1], rows, axis=0)

    @tf.function(input_signature=[tf.TensorSpec([None, 6, 6, 2])], jit_compile=compiled)
    def cut(images: tf.Tensor) -> tf.Tensor:
        with drawing(Draw(tf.constant([5, 6]), "estimator")):
            return layer(images, training=True)

    outputs = np.asarray(cut(images))
    windows = [
        np.asarray(IMAGES[0, top : top + height, left : left + width])
        for top in range(7 - height)
        for left in range(7 - width)
    ]
    found = np.array([np.all(outputs == window, axis=(1, 2, 3)) for window in windows])
    assert np.all(found.sum(axis=0) == 1)
    share = 1 / len(windows)
    error = np.sqrt(share * (1 - share) / rows)
    assert np.all(np.abs(found.mean(axis=1) - share) <= 5 * error)


@pytest.mark.parametrize("size", [6, 7])
@pytest.mark.parametrize("padding", [1, 2, 4])
def test_a_crop_of_padded_images_is_at_prediction_the_images(size: int, padding: int) -> None:
    images = tf.random.stateless_uniform([2, size, size, 3], [1, 2])
    padded = keras.layers.ZeroPadding2D(padding)(images)
    layer = layer_of("random_crop", {"height": size, "width": size})
    np.testing.assert_array_equal(layer(padded), images)


def test_the_middle_of_a_crop_is_where_keras_cuts_the_centre() -> None:
    for height, width in ((1, 2), (4, 3), (5, 6), (6, 6)):
        layer = layer_of("random_crop", {"height": height, "width": width})
        np.testing.assert_array_equal(layer(IMAGES), keras.layers.CenterCrop(height, width)(IMAGES))


def test_a_window_that_does_not_fit_is_refused_and_so_are_channels_that_stand_first() -> None:
    first = {"height": 2, "width": 2, "data_format": "channels_first"}
    for arguments in ({"height": 7, "width": 6}, {"height": 6, "width": 7}, first):
        with pytest.raises(ValueError, match="at least"):
            layer_of("random_crop", arguments)(IMAGES)


def test_the_range_of_values_is_that_of_the_standardised_images() -> None:
    document: dict[str, Any] = {
        "bnnc": 1,
        "name": "m",
        "input": {"shape": [6, 6, 2], "mean": [0.5, 0.25], "std": 0.5},
        "layers": [
            {"type": "random_contrast", "factor": 0.2},
            {"type": "flatten"},
            {"type": "dense", "units": 2},
        ],
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 2,
            "labels": "integer",
        },
    }
    model = bnnc.compile(document).model
    assert tuple(model.get_layer("random_contrast").value_range) == (-1.0, 1.5)
