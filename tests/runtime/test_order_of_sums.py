"""Sums of gradients are added in one order: else the bits of a step depend on the threads."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.ordered_sum import ordered_sum
from tests.laws.test_interruptions import CASES, ROWS, made_of
from tests.support.sum_order import optimized_graphs, sums_without_an_order
from tests.support.tiny_program import arrays, program

TWO_DRAWS = {"batch_size": 8, "epochs": 1, "seed": 3, "samples": 2}
PAIRS = {"method": "antithetic", "pairs": 2}


def with_other_consumers(add: Any) -> Any:
    """A function that sums three tensors, two of which are needed elsewhere too."""

    @tf.function(autograph=False)
    def summed(one: tf.Tensor, two: tf.Tensor, three: tf.Tensor) -> list[tf.Tensor]:
        terms = [tf.sin(one), tf.sin(two), tf.sin(three)]
        elsewhere = [tf.sin(tf.sin(tf.sin(term))) for term in terms[:2]]
        return [add(terms), *terms, *map(tf.reduce_sum, elsewhere)]

    return summed


def three_tensors() -> list[tf.Tensor]:
    generator = np.random.default_rng(0)
    return [tf.constant(generator.normal(size=50_000).astype(np.float32)) for _ in range(3)]


def found_in(run: Any) -> list[str]:
    return [name for nodes in optimized_graphs(run) for name in sums_without_an_order(nodes)]


def test_a_sum_is_added_from_the_first_term_to_the_last() -> None:
    """Also where the last one alone has a buffer that is free, which `AddN` adds to first."""
    one, two, three = three_tensors()
    summed = tf.function(lambda *given: ordered_sum([*given[:2], tf.square(given[2])]))
    total = summed(one, two, three).numpy()
    np.testing.assert_array_equal(total, (one.numpy() + two.numpy()) + np.square(three.numpy()))


@pytest.mark.parametrize("add", [tf.add_n, sum])
def test_sums_without_an_order_are_found(add: Any) -> None:
    """Also those that Grappler makes of additions of two."""
    assert len(found_in(lambda: with_other_consumers(add)(*three_tensors()))) == 1


def test_ordered_sums_stay_so_under_grappler() -> None:
    assert not found_in(lambda: with_other_consumers(ordered_sum)(*three_tensors()))


@pytest.mark.parametrize("method", ["antithetic", "variational", "flipout", "reparameterization"])
def test_the_gradients_of_two_draws_have_an_order(method: str) -> None:
    made = program(method, training=TWO_DRAWS)
    assert not found_in(lambda: made.fit(*arrays(ROWS)))


def test_the_gradients_of_several_pairs_have_an_order() -> None:
    made = program(bayesian=PAIRS, training=TWO_DRAWS)
    assert not found_in(lambda: made.fit(*arrays(ROWS)))


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_is_trained_through_interruptions_has_an_order(name: str) -> None:
    assert not found_in(lambda: made_of(CASES[name]).fit(*arrays(ROWS)))
