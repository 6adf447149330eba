"""What the compiler sees of the whole model, it does once: nothing twice in a step, nothing traced again."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.estimators import ESTIMATORS
from bnnc.runtime.layers.kernel_operation import joined
from bnnc.runtime.noise import Draw, drawing
from bnnc.runtime.training.loop import train
from tests.support.tiny_program import arrays, program


@pytest.mark.parametrize("method", sorted(ESTIMATORS))
def test_a_step_takes_the_softplus_of_every_scale_once(method: str) -> None:
    model: Any = program(method).model
    model.bind(rows=40, batch_size=8)
    batch = tuple(tf.constant(one) for one in arrays(8))
    graph = tf.function(model.train_step).get_concrete_function(batch).graph
    scales = sum(hasattr(layer, "kernel_unconstrained_scale") for layer in model.layers)
    assert scales > 1
    assert sum(one.type == "Log1p" for one in graph.get_operations()) == scales


def test_outside_of_a_trace_a_scale_is_that_of_now() -> None:
    layer: Any = next(one for one in program().model.layers if hasattr(one, "kernel_scale"))
    with drawing(Draw(tf.constant([1, 2]), "estimator")):
        before = np.array(layer.kernel_scale)
        layer.kernel_unconstrained_scale.assign_add(tf.ones_like(before))
        assert np.all(np.array(layer.kernel_scale) > before)


def test_no_epoch_but_the_first_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    made = program()
    traced = {"train_step": 0, "test_step": 0}
    for name in traced:
        own = getattr(made.model, name)

        def counting(data: Any, own: Any = own, name: str = name) -> Any:
            traced[name] += 1  # Python runs while a graph is made, and not after
            return own(data)

        monkeypatch.setattr(made.model, name, counting)
    prepared = made.prepare(*arrays(20), validation_data=arrays(9, seed=1))
    after_an_epoch: dict[str, int] = {}

    class EarlyStoppingState(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            del logs
            if epoch == 0:
                after_an_epoch.update(traced)

    train(
        made.model,
        prepared.train,
        validation=prepared.validation,
        epochs=4,
        callbacks=[EarlyStoppingState()],
    )
    assert after_an_epoch == traced
    assert traced["train_step"] > 0


@pytest.mark.parametrize("channels", [1, 2])
def test_channels_are_joined_one_after_the_other(channels: int) -> None:
    first = np.arange(2 * 3 * channels, dtype=np.float32).reshape(2, 3, channels)
    received = joined([tf.constant(first), tf.constant(-first)], axis=-1)
    np.testing.assert_array_equal(received, np.concatenate([first, -first], axis=-1))
    unknown = tf.TensorSpec((None, 3, channels))
    traced = tf.function(lambda one: joined([one, one], axis=-1)).get_concrete_function(unknown)
    assert traced.outputs[0].shape.as_list() == [None, 3, 2 * channels]


def test_a_sum_of_operations_is_the_sum(case: Any) -> None:
    layer, inputs = case.layer("flipout"), case.inputs()
    kernels = [layer.kernel_mean, layer.kernel_scale]
    expected = layer.op(inputs, kernels[0]) + layer.op(2 * inputs, kernels[1])
    received = layer.sum_of_ops([inputs, 2 * inputs], kernels)
    np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-5)
