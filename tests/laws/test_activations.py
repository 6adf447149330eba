"""The activations of the language against Keras's own, by name and by what they see."""

import warnings

import keras
import numpy as np
import pytest

from bnnc.specs.activations import ACTIVATIONS, OVER_CHANNELS

# `glu` halves the channels, and Keras gives a layer that ends in it the shape without it;
# `threshold` needs arguments, and is no activation by its name.
NONE_BY_NAME = {"glu", "threshold"}


def test_every_activation_of_keras_that_a_name_says_is_in_the_language() -> None:
    no_activations = {"get", "serialize", "deserialize"}
    named = {
        function.__name__
        for name, function in vars(keras.activations).items()
        if callable(function) and name not in no_activations
    }
    assert set(ACTIVATIONS) == named - NONE_BY_NAME
    assert named >= NONE_BY_NAME


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_sees_numbers_alone_unless_it_is_one_over_channels(name: str) -> None:
    numbers = np.random.default_rng(0).normal(scale=2, size=(7, 5)).astype("float32")
    activation = keras.activations.get(name)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You are using a softmax over axis -1")
        columns = [activation(numbers[:, [one]]) for one in range(5)]
    alone, together = np.concatenate(columns, axis=1), np.asarray(activation(numbers))
    assert together.shape == numbers.shape
    assert np.allclose(alone, together, atol=1e-6) == (name not in OVER_CHANNELS)
