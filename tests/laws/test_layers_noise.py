"""Noise is indexed by seed, step and layer; without an index it is fresh on every call."""

import threading
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.layers.dense import VariationalDense
from bnnc.runtime.layers.dropout import Dropout
from bnnc.runtime.noise import Draw, Kind, current_draw, drawing, layer_key, layer_seed


def draw(seed: int, index: int, kind: Kind = "estimator") -> Draw:
    return Draw(tf.constant([seed, index]), kind)


def outputs(layer: Any, inputs: tf.Tensor, chosen: Draw) -> np.ndarray:
    with drawing(chosen):
        return np.asarray(layer(inputs))


def test_the_same_draw_gives_the_same_bits_and_another_gives_other_noise(
    case_and_estimator: tuple[Any, str],
) -> None:
    case, estimator_name = case_and_estimator
    layer, inputs = case.layer(estimator_name), case.inputs()
    first = outputs(layer, inputs, draw(3, 4))
    np.testing.assert_array_equal(outputs(layer, inputs, draw(3, 4)), first)
    twin = case.layer(estimator_name)
    np.testing.assert_array_equal(outputs(twin, inputs, draw(3, 4)), first)
    other_layer = case.layer(estimator_name, seed=layer.seed + 1)
    other_layer.set_weights(layer.get_weights())
    for other in (
        outputs(layer, inputs, draw(3, 5)),
        outputs(layer, inputs, draw(4, 4)),
        outputs(layer, inputs, draw(3, 4, "weights")),
        outputs(other_layer, inputs, draw(3, 4)),
    ):
        assert np.abs(other - first).max() > 1e-3


def test_without_a_draw_every_call_takes_fresh_noise(case_and_estimator: tuple[Any, str]) -> None:
    case, estimator_name = case_and_estimator
    layer, inputs = case.layer(estimator_name), case.inputs()
    assert np.abs(np.subtract(layer(inputs), layer(inputs))).max() > 1e-3


def test_without_a_draw_a_traced_function_takes_fresh_noise_on_every_call(
    first_case: Any, estimator_name: str
) -> None:
    layer, inputs = first_case.layer(estimator_name), first_case.inputs()
    function = tf.function(layer)
    assert np.abs(np.subtract(function(inputs), function(inputs))).max() > 1e-3
    assert function.experimental_get_tracing_count() == 1


def test_a_draw_inside_a_traced_function_follows_its_index(
    first_case: Any, estimator_name: str
) -> None:
    layer, inputs = first_case.layer(estimator_name), first_case.inputs()

    @tf.function
    def function(index: tf.Tensor) -> tf.Tensor:
        with drawing(Draw(tf.stack([3, index]), "estimator")):
            return layer(inputs)

    for index in (4, 5):
        expected = outputs(layer, inputs, draw(3, index))
        np.testing.assert_allclose(function(tf.constant(index)), expected, rtol=1e-5, atol=1e-5)
    assert function.experimental_get_tracing_count() == 1


def test_compiled_with_xla_the_same_index_gives_the_same_bits(estimator_name: str) -> None:
    layer = VariationalDense(4, estimator=estimator_name, seed=1, initial_scale=0.3)
    inputs = tf.random.stateless_normal([3, 5], [1, 2])

    @tf.function(jit_compile=True)
    def function(key: tf.Tensor) -> tf.Tensor:
        with drawing(Draw(key, "estimator")):
            return layer(inputs)

    first = function(tf.constant([3, 4]))
    np.testing.assert_array_equal(function(tf.constant([3, 4])), first)
    assert np.abs(np.subtract(function(tf.constant([3, 5])), first)).max() > 1e-3


def test_draws_nest_and_end_with_their_block() -> None:
    outer, inner = draw(1, 1), draw(2, 2)
    assert current_draw() is None
    with drawing(outer):
        with drawing(inner):
            assert current_draw() is inner
        assert current_draw() is outer
        with pytest.raises(ZeroDivisionError), drawing(inner):
            _ = 1 / 0
        assert current_draw() is outer
    assert current_draw() is None


def test_every_thread_sees_its_own_draw() -> None:
    # As the replicas of tf.distribute do, each of which traces in a thread of its own.
    draws = [draw(1, index) for index in range(4)]
    together = threading.Barrier(len(draws))
    seen: dict[int, list[Draw | None]] = {}

    def replica(number: int) -> None:
        before = current_draw()
        with drawing(draws[number]):
            together.wait(timeout=30)
            seen[number] = [before, current_draw()]
            together.wait(timeout=30)

    with drawing(draw(9, 9)):
        threads = [threading.Thread(target=replica, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == {number: [None, draws[number]] for number in range(4)}


def test_a_layers_seed_depends_on_the_seed_and_the_name_alone() -> None:
    # Computed with `printf 0/head | sha256sum`.
    assert layer_seed(0, "head") == int("b5dac065", 16) & 0x7FFFFFFF
    seeds = {layer_seed(seed, name) for seed in range(50) for name in ("conv", "dense", "head")}
    assert len(seeds) == 150
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_the_keys_of_layers_steps_and_kinds_are_all_different() -> None:
    keys = {
        tuple(np.asarray(layer_key(draw(0, index, kind), seed)))
        for index in range(5)
        for seed in range(5)
        for kind in ("estimator", "weights")
    }
    assert len(keys) == 50


def test_two_unseeded_layers_have_noise_of_their_own() -> None:
    first, second = (VariationalDense(4, estimator="flipout") for _ in range(2))
    assert first.seed != second.seed
    assert Dropout(0.5).seed != Dropout(0.5).seed


@pytest.mark.parametrize("change", ["enable_lora", "quantize"])
def test_what_would_replace_the_kernel_is_refused(first_case: Any, change: str) -> None:
    layer = first_case.layer("flipout")
    with pytest.raises(ValueError, match="use the plain Keras layer"):
        getattr(layer, change)("int8")
