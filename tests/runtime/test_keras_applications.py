"""What is known of the models of `keras.applications` is what Keras says of them."""

import inspect
from importlib import import_module
from typing import Any

import keras
import numpy as np
import pytest

from bnnc.runtime.keras_applications import differences, hollow, names_in_keras, read
from bnnc.runtime.layers.backbone import Backbone
from bnnc.specs.applications import application, application_names

NAMES = application_names()
# Of every family, and of every way in which a model makes its maps smaller; the rest is held
# against Keras by `python -m bnnc.runtime.keras_applications --check`, in three minutes.
MODELS = (
    "ConvNeXtTiny",
    "DenseNet121",
    "EfficientNetB0",
    "MobileNetV2",
    "NASNetMobile",
    "ResNet50",
    "VGG16",
    "Xception",
)


def module_of(name: str) -> Any:
    """The module of an application, which has its `preprocess_input`."""
    word = getattr(keras.applications, name).__module__.rpartition(".")[2]
    return import_module(f"keras.applications.{word}")


def test_every_model_of_keras_is_known() -> None:
    assert list(NAMES) == names_in_keras()


@pytest.mark.parametrize("name", MODELS)
def test_shapes_and_counts_are_those_of_keras(name: str) -> None:
    least = application(name).least
    for shape in ((least, least + 1, 1), (97, 130, 3)):
        assert differences(name, shape) == []


def test_the_file_is_what_the_command_reads_off_keras() -> None:
    fields, known = read("MobileNetV3Small"), application("MobileNetV3Small")
    assert fields["last"] == known.last
    assert fields["least"] == known.least
    # Read of random weights, whose sums another version of TensorFlow may take in another order.
    assert fields["least_variance"] == pytest.approx(known.least_variance, rel=0.1)
    assert (
        known.least_variance < 0.01
    )  # as Keras counts all channels as inputs of a depthwise kernel
    assert [list(one.step) for one in known.maps] == [step for _, step, *_ in fields["maps"]]


@pytest.mark.parametrize("name", ["MobileNetV2", "Xception"])
def test_a_smaller_image_than_the_least_is_refused_by_keras(name: str) -> None:
    least = application(name).least
    with pytest.raises(ValueError, match="at least"):
        hollow(name, (least - 1, least, 3))


@pytest.mark.parametrize("name", NAMES)
def test_the_preprocessing_is_that_of_keras(name: str) -> None:
    images = np.random.default_rng(0).uniform(size=(2, 3, 4, 3)).astype(np.float32)
    layer = Backbone(name, preprocessing=application(name).preprocessing, seed=0)
    expected = module_of(name).preprocess_input(images * 255)
    np.testing.assert_allclose(layer.preprocessed(images), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_images_without_a_preprocessing_are_left_as_they_are(name: str) -> None:
    known, images = application(name), np.ones((1, 2, 2, 3), np.float32)
    takes = (
        "include_preprocessing" in inspect.signature(getattr(keras.applications, name)).parameters
    )
    assert known.has_argument == takes
    # What an application divides by 255, whatever it is told, is multiplied by it before.
    scale = 255 if known.standardises else 1
    np.testing.assert_allclose(Backbone(name, seed=0).preprocessed(images), images * scale)
