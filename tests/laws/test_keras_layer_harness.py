"""Keras's own test of a layer, `run_layer_test`, over every public layer, in every dtype policy."""

import inspect
import re
from typing import Any

import pytest
from keras.src.testing import TestCase

from bnnc import layers
from tests.laws.conftest import CASES

# Under float32 the harness tries mixed_float16 too.
POLICIES = ("float32", "mixed_bfloat16", "float64")
Case = tuple[dict[str, Any], tuple[int, ...]]

# Arguments, and the shape of one example. Layers with a kernel take those of `CASES`.
OTHERS: dict[str, Case] = {
    "Backbone": ({"application": "MobileNetV3Small", "pooling": "avg"}, (32, 32, 3)),
    "BatchNormalization": ({}, (4, 4, 2)),
    "ConcreteDropout": ({"rate": 0.1}, (5,)),
    "Dropout": ({"rate": 0.3, "monte_carlo": True}, (5,)),
    "LaplaceDense": ({"units": 3}, (5,)),
    "LearnedCutpoints": ({"classes": 4}, (1,)),
    "LearnedScale": ({"event_size": 2}, (2,)),
    "RandomContrast": ({"factor": 0.2, "value_range": (0.0, 1.0)}, (6, 6, 3)),
    "RandomCrop": ({"height": 4, "width": 5}, (6, 6, 3)),
    "RandomErasing": ({"value_range": (0.0, 1.0)}, (6, 6, 3)),
    "RandomFeatureGaussianProcess": ({"units": 3, "num_inducing": 8}, (5,)),
    "RandomFlip": ({}, (6, 6, 3)),
    "RandomRotation": ({"factor": 0.1}, (6, 6, 3)),
    "RandomTranslation": ({"height_factor": 0.1, "width_factor": 0.1}, (6, 6, 3)),
    "RandomZoom": ({"height_factor": 0.1}, (6, 6, 3)),
    "SpatialDropout1D": ({"rate": 0.3}, (4, 2)),
    "SpatialDropout2D": ({"rate": 0.3}, (4, 4, 2)),
    "SpatialDropout3D": ({"rate": 0.3}, (2, 3, 3, 2)),
    "Standardization": ({}, (5,)),
    "ZeroPaddedShortcut": ({"channels": 4, "strides": 2}, (5, 5, 3)),
}
_FAMILIES = re.compile("^(Variational|Rank1|BatchEnsemble|SpectralNormalized)")


def case_of(name: str) -> Case:
    """Arguments and shape of an example of a layer class."""
    if name in OTHERS:
        return OTHERS[name]
    arguments, shape = next(iter(CASES[_FAMILIES.sub("Variational", name)].values()))
    more: dict[str, Any] = {"estimator": "flipout"} if name.startswith("Variational") else {}
    more |= {"members": 2} if name.startswith(("Rank1", "BatchEnsemble")) else {}
    return {**arguments, **more}, shape


def test_all_that_is_public_is_found() -> None:
    assert {"VariationalDense", "RandomFlip", "ZeroPaddedShortcut"} <= set(layers.__all__)
    assert not {"Variational", "KernelOperation"} & set(layers.__all__)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", layers.__all__)
def test_every_layer_passes_the_test_of_keras(name: str, policy: str) -> None:
    layer_class = getattr(layers, name)
    arguments, shape = case_of(name)
    arguments = {**arguments, "dtype": policy}
    batch = (2, *shape)
    harness = TestCase()
    layer = layer_class(**arguments)
    takes_training = "training" in inspect.signature(layer_class.call).parameters
    training = {"training": policy != "float32"} if takes_training else {}
    harness.run_layer_test(
        layer_class,
        arguments,
        input_shape=batch,
        call_kwargs=training,
        expected_output_shape=layer.compute_output_shape(batch),
        expected_output_dtype=layer.compute_dtype,
        run_training_check=False,
        run_mixed_precision_check=policy == "float32",
    )
