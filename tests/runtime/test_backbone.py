"""A backbone is Keras's application: its weights, its preprocessing, its noise and its states."""

import importlib
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.errors import DownloadError, WeightsError
from bnnc.runtime.layers.backbone import Backbone
from bnnc.runtime.noise import Draw, drawing

SHAPE = (32, 32, 3)
IMAGES = np.random.default_rng(1).uniform(size=(4, *SHAPE)).astype(np.float32)
MEANS, STDDEVS = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def built(application: str = "MobileNet", **arguments: Any) -> Backbone:
    """A backbone for small images."""
    layer = Backbone(application, **{"seed": 3, "pooling": "avg", **arguments})
    layer.build((None, *SHAPE))
    return layer


def of_keras(application: str, **arguments: Any) -> keras.Model:
    """The application as Keras makes it."""
    function = getattr(keras.applications, application)
    model = function(include_top=False, input_shape=SHAPE, pooling="avg", **arguments)
    assert isinstance(model, keras.Model)
    return model


def same_weights(one: keras.layers.Layer, other: keras.layers.Layer) -> bool:
    """Whether all weights of two layers are equal, bit for bit."""
    return all(map(np.array_equal, one.get_weights(), other.get_weights()))


@pytest.fixture
def download(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Any], None]:
    """Let Keras's module of an application have its files from elsewhere than the network."""

    def give(module: str, get_file: Any) -> None:
        found = importlib.import_module(f"keras.src.applications.{module}")
        monkeypatch.setattr(found.file_utils, "get_file", get_file)

    return give


@pytest.fixture(scope="module")
def efficientnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of an EfficientNet's weights as Keras publishes them, with deviations for variances."""
    model = of_keras("EfficientNetB0", weights=None)
    normalization = next(one for one in model.layers if isinstance(one, keras.layers.Normalization))
    *_, count = normalization.get_weights()
    normalization.set_weights([np.array(MEANS), np.array(STDDEVS), count])
    path = tmp_path_factory.mktemp("weights") / "efficientnetb0_notop.weights.h5"
    model.save_weights(path)
    return path


@pytest.fixture(scope="module")
def small() -> Backbone:
    """A backbone of random weights; its moving averages may change."""
    return built()


def test_random_weights_follow_from_the_seed_alone(small: Backbone) -> None:
    random.seed(2)
    state = random.getstate()
    again = built()
    assert random.getstate() == state  # Python's own generator is left as it was
    pairs = list(zip(small.trainable_weights, again.trainable_weights, strict=True))
    assert all(np.array_equal(a, b) for a, b in pairs)
    other = built(seed=4)
    kernels = zip(small.trainable_weights, other.trainable_weights, strict=True)
    assert all(not np.array_equal(a, b) for a, b in kernels if a.name.endswith("kernel"))


def test_it_gives_what_the_application_gives_of_preprocessed_pixels(tmp_path: Path) -> None:
    model = of_keras("MobileNetV2", weights=None)
    path = tmp_path / "mine.weights.h5"
    model.save_weights(path)
    layer = built("MobileNetV2", weights=str(path), preprocessing="tf")
    pixels = keras.applications.mobilenet_v2.preprocess_input(IMAGES * 255)
    np.testing.assert_allclose(layer(IMAGES), model(pixels, training=False), atol=1e-5)


@pytest.mark.parametrize("name", ["whole.keras", "whole.h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_a_saved_model_is_a_file_of_weights_too(tmp_path: Path, name: str) -> None:
    model = of_keras("MobileNet", weights=None)
    model.save(tmp_path / name)
    layer = built(weights=str(tmp_path / name))
    assert layer.network is not None
    assert same_weights(layer.network, model)


def test_an_efficientnet_standardises_as_the_one_that_keras_downloads(
    efficientnet: Path, download: Callable[[str, Any], None]
) -> None:
    download("efficientnet", lambda *_, **__: str(efficientnet))
    model = of_keras("EfficientNetB0", weights="imagenet")
    expected = model(IMAGES * 255, training=False)
    for weights in ("imagenet", str(efficientnet)):
        layer = built("EfficientNetB0", weights=weights, preprocessing="pixels")
        np.testing.assert_allclose(layer(IMAGES), expected, atol=1e-4)


def test_what_drops_in_training_has_noise_of_seed_and_step() -> None:
    layer = built("EfficientNetB0")

    def outputs(step: int, training: bool) -> Any:
        with drawing(Draw(key=tf.constant([7, step]), kind="estimator")):
            return layer(IMAGES, training=training).numpy()

    # The moving averages have no part in what training gives.
    assert np.array_equal(outputs(1, True), outputs(1, True))
    assert not np.array_equal(outputs(1, True), outputs(2, True))
    layer.trainable = False
    assert np.array_equal(outputs(1, True), outputs(2, False))


def test_a_frozen_backbone_trains_nothing_and_keeps_its_averages(small: Backbone) -> None:
    def averages_change() -> bool:
        before = small.get_weights()
        small(IMAGES, training=True)
        return not all(map(np.array_equal, before, small.get_weights()))

    assert averages_change()
    small.trainable = False
    assert small.trainable_weights == []
    assert not averages_change()
    small.trainable = True


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_in_half_precision_weights_and_pixels_stay_float32(precision: str) -> None:
    layer = built(dtype=precision, preprocessing="tf")
    assert keras.config.dtype_policy().name == "float32"
    assert {one.dtype for one in layer.weights} == {"float32"}
    assert layer(IMAGES).dtype == tf.as_dtype(precision.removeprefix("mixed_"))
    assert layer.preprocessed(tf.constant(IMAGES)).dtype == tf.float32
    assert np.isfinite(layer(IMAGES, training=True)).all()


def test_a_config_reads_no_file_again(tmp_path: Path) -> None:
    path = tmp_path / "mine.weights.h5"
    of_keras("MobileNet", weights=None).save_weights(path)
    layer = built(weights=str(path), preprocessing="tf", trainable=False)
    shutil.rmtree(tmp_path)
    again = Backbone.from_config(layer.get_config())
    again.build((None, *SHAPE))
    again.set_weights(layer.get_weights())
    assert again.trainable_weights == []
    assert np.array_equal(again(IMAGES, training=True), layer(IMAGES))


def test_weights_that_cannot_be_downloaded_are_named(
    download: Callable[[str, Any], None],
) -> None:
    def fail(*_: Any, origin: str = "", **__: Any) -> str:
        raise Exception(  # noqa: TRY002  # as Keras has it
            "URL fetch failure on https://host/folder/weights_no_top.h5: None -- unreachable"
        )

    download("mobilenet_v2", fail)
    with pytest.raises(DownloadError, match=r"models/weights_no_top\.h5.*weights: FILE"):
        built("MobileNetV2", weights="imagenet")


def test_a_download_is_what_keras_reads_from_it(
    download: Callable[[str, Any], None], tmp_path: Path
) -> None:
    model = of_keras("MobileNetV2", weights=None)
    path = tmp_path / "published.weights.h5"
    model.save_weights(path)
    download("mobilenet_v2", lambda *_, **__: str(path))
    layer = built("MobileNetV2", weights="imagenet", preprocessing="tf")
    assert layer.network is not None
    assert same_weights(layer.network, model)


def test_a_file_that_is_not_there_damaged_or_of_another_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="there is no file"):
        built(weights=str(tmp_path / "none.weights.h5"))
    for name in ("damaged.h5", "damaged.weights.h5", "damaged.keras"):
        (tmp_path / name).write_bytes(b"no weights")
        with pytest.raises(WeightsError, match="holds no weights of MobileNet"):
            built(weights=str(tmp_path / name))
    narrow = of_keras("MobileNet", weights=None, alpha=0.25)
    narrow.save_weights(tmp_path / "narrow.weights.h5")
    with pytest.raises(WeightsError, match="holds no weights of MobileNet"):
        built(weights=str(tmp_path / "narrow.weights.h5"))
