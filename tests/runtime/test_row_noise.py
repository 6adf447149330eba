"""The noise of the rows that a device has is that of the same rows where one device has all."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime import row_noise
from bnnc.runtime.row_noise import RowsOfBatch, having_rows

KEY = tf.constant([5, 7])
Noise = Callable[[Any, tf.Tensor], tf.Tensor]


def in_parts(noise: Noise, cuts: list[int], others: tuple[int, ...]) -> Any:
    """The noise of all rows, as devices make it that have those between two cuts each."""
    parts = []
    for first, end in itertools.pairwise(cuts):
        here = RowsOfBatch(*(tf.constant(one) for one in (first, end - first, cuts[-1])))
        with having_rows(here):
            parts.append(noise(tf.constant([end - first, *others]), KEY).numpy())
    return np.concatenate(parts)


@pytest.mark.parametrize("cuts", [[0, 4, 8], [0, 1, 1, 7], [0, 5, 11, 17]], ids=str)
@pytest.mark.parametrize("others", [(), (3,), (5, 5, 2)], ids=str)
@pytest.mark.parametrize("noise", [row_noise.uniform, row_noise.standard_normal, row_noise.signs])
def test_rows_have_the_bits_of_one_device(
    noise: Noise, others: tuple[int, ...], cuts: list[int]
) -> None:
    whole = noise(tf.constant([cuts[-1], *others]), KEY).numpy()
    np.testing.assert_array_equal(in_parts(noise, cuts, others), whole)


@pytest.mark.parametrize("cuts", [[0, 4, 8], [0, 1, 1, 7], [0, 5, 11, 17]], ids=str)
@pytest.mark.parametrize("others", [(), (3,), (5, 5, 2)], ids=str)
def test_normal_rows_are_those_of_one_device_to_the_last_bit_of_a_cosine(
    others: tuple[int, ...], cuts: list[int]
) -> None:
    # Vector instructions round the ends of a tensor otherwise than its middle.
    whole = row_noise.normal(tf.constant([cuts[-1], *others]), KEY).numpy()
    parts = in_parts(row_noise.normal, cuts, others)
    np.testing.assert_allclose(parts, whole, rtol=1e-6, atol=1e-6)


def test_noise_of_few_numbers_is_drawn_for_all_rows() -> None:
    def drawn(shape: Any, key: tf.Tensor) -> tf.Tensor:
        return row_noise.whole_batch(
            lambda all_: tf.random.stateless_uniform(all_, key), tuple(tf.unstack(shape))
        )

    whole = drawn(tf.constant([7, 3]), KEY).numpy()
    np.testing.assert_array_equal(in_parts(drawn, [0, 2, 7], (3,)), whole)
