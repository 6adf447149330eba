"""What no example varies in, a normalization passes without a number that is none."""

import importlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from annotated_types import Ge

from bnnc.specs.layers.normalization import Normalization

NORMALIZATIONS = Normalization.__subclasses__()


def smallest_epsilon(section: type[Normalization]) -> float:
    """The smallest one that a spec may say."""
    (bound,) = (one.ge for one in section.model_fields["epsilon"].metadata if isinstance(one, Ge))
    return float(bound)  # type: ignore[arg-type]


def layer_of(section: type[Normalization], **arguments: Any) -> Any:
    module, name = section.keras_class.rsplit(".", 1)
    return getattr(importlib.import_module(module), name)(**arguments)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("section", NORMALIZATIONS, ids=lambda one: one.__name__)
def test_channels_that_a_relu_cut_off_have_a_finite_gradient_under_the_smallest_epsilon(
    section: type[Normalization], policy: str
) -> None:
    groups = {"groups": 2} if "groups" in section.model_fields else {}
    layer = layer_of(section, epsilon=smallest_epsilon(section), dtype=policy, **groups)
    inputs = tf.zeros((3, 4, 4, 4), layer.compute_dtype)
    layer.build(inputs.shape)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs, training=True)
        loss = tf.reduce_sum(tf.cast(outputs + 1, tf.float32) ** 2)
    gradients = tape.gradient(loss, [inputs, *(one.value for one in layer.trainable_variables)])
    assert np.all(np.asarray(tf.cast(outputs, tf.float32)) == 0)
    for one in gradients:
        assert np.all(np.isfinite(np.asarray(tf.cast(one, tf.float32))))
