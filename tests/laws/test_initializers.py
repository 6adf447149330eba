"""The first values of kernels have He's variance: 2 over the weights that an output sums over."""

from typing import Any

import keras
import numpy as np
import pytest

import bnnc
from bnnc.runtime.initializers import DepthwiseHeNormal


def test_a_depthwise_kernel_has_a_variance_of_2_over_its_window() -> None:
    kernel = np.asarray(DepthwiseHeNormal(seed=1)((3, 3, 512, 2)), np.float64)
    # HeNormal is a normal law cut off at two standard deviations, and widened to have the variance:
    # its fourth moment is below a normal one's, which the error of a variance follows from.
    error = 5 * (2 / 9) * np.sqrt(2 / kernel.size)
    assert abs(kernel.var() - 2 / 9) <= error
    flat = keras.initializers.HeNormal(seed=1)((3, 3, 1, 1024))
    np.testing.assert_array_equal(kernel, np.reshape(flat, (3, 3, 512, 2)))


def test_it_is_saved_with_its_seed() -> None:
    one = DepthwiseHeNormal(seed=3)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(one))
    np.testing.assert_array_equal(again((3, 4, 2)), one((3, 4, 2)))
    assert np.any(np.asarray(DepthwiseHeNormal()((3, 4, 2))) != np.asarray(one((3, 4, 2))))


@pytest.mark.parametrize("kind", ["depthwise_conv2d", "separable_conv2d", "depthwise_conv1d"])
@pytest.mark.parametrize("method", ["none", "flipout", "batch_ensemble", "spectral_normalization"])
def test_signals_keep_their_size_through_depthwise_layers(kind: str, method: str) -> None:
    """Keras's own HeNormal would leave one part in a million of them after four layers."""
    window = {"kernel_size": 3, "padding": "same", "use_bias": False, "activation": "relu"}
    filters = {"filters": 32} if "separable" in kind else {}
    layers: list[dict[str, Any]] = [{"type": kind, **window, **filters} for _ in range(4)]
    document = {
        "bnnc": 1,
        "name": "m",
        "input": {"shape": [16, 32] if "1d" in kind else [8, 8, 32], "value_range": [0, 1]},
        "layers": [*layers, {"type": "flatten"}, {"type": "dense", "units": 2}],
        "bayesian": {"method": method, **({"norm_multiplier": 1000} if "spec" in method else {})},
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 2,
            "labels": "integer",
        },
    }
    model = bnnc.compile(document).model
    images = np.random.default_rng(0).normal(size=(16, *model.input.shape[1:]))
    maps = keras.Model(model.input, model.layers[-3].output)(images.astype(np.float32))
    # Padding with zeros takes a part at the borders, and how much a draw of kernels varies.
    assert 0.05 < np.mean(np.square(maps)) / np.mean(np.square(images)) < 20
