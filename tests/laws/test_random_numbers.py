"""The random numbers that all noise is made of: their law, bit by bit and in any shape."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from bnnc.runtime.noise import normal, signs

SIZE = 100_000
STANDARD_ERRORS = 5.0


def standard_errors(values: np.ndarray, expected: float) -> float:
    return float(abs(values.mean() - expected) / (values.std() / np.sqrt(values.size)))


@pytest.mark.parametrize("shape", [[SIZE], tf.TensorShape([SIZE]), tf.TensorShape([4096])])
def test_normal_numbers_are_standard_normal(shape: Any) -> None:
    """Of shapes known or not, and of few numbers, which TensorFlow's own kernel makes."""
    numbers = np.asarray(normal(shape, tf.constant([1, 2])), np.float64)
    # 1.36 / sqrt(n) is the 5 % point of the largest distance; 5 standard errors are beyond 2.6.
    assert stats.kstest(numbers, "norm").statistic < 2.6 / np.sqrt(numbers.size)
    for power, moment in ((1, 0.0), (2, 1.0), (3, 0.0), (4, 3.0)):
        assert standard_errors(numbers**power, moment) < STANDARD_ERRORS


def test_the_two_numbers_of_a_pair_are_independent() -> None:
    first, second = np.split(np.asarray(normal([SIZE], tf.constant([3, 4])), np.float64), 2)
    for power in (1, 2):  # the squares too: the two are made from one radius
        products = (first**power - np.mean(first**power)) * (second**power - np.mean(second**power))
        assert standard_errors(products, 0.0) < STANDARD_ERRORS


def test_sixteen_bits_make_numbers_of_variance_one() -> None:
    """Over all values that a radius can have: what 16 bits leave out is five millionths."""
    uniform = (np.arange(2**16) + 0.5) / 2**16
    assert abs(np.mean(-2 * np.log(uniform)) / 2 - 1) < 6e-6
    assert np.sqrt(-2 * np.log(uniform[0])) < 4.9


def test_signs_are_plus_or_minus_one_at_every_bit_of_a_word_and_independent() -> None:
    words = np.asarray(signs([SIZE // 32, 32], tf.constant([5, 6])), np.float64)
    np.testing.assert_array_equal(np.abs(words), 1.0)
    errors = np.abs(words.mean(axis=0)) * np.sqrt(len(words))
    assert np.all(errors < STANDARD_ERRORS)
    correlations = words.T @ words / len(words) - np.eye(32)
    assert np.all(np.abs(correlations) * np.sqrt(len(words)) < STANDARD_ERRORS)


@pytest.mark.parametrize("make", [normal, signs])
@pytest.mark.parametrize("shape", [[], [1], [3, 5], [2, 1, 33]])
def test_any_shape_is_filled_known_or_not(make: Any, shape: list[int]) -> None:
    key = tf.constant([7, 8])
    known = make(shape, key)
    assert known.shape == shape
    unknown = tf.function(lambda size: make(size, key))(tf.constant(shape, tf.int32))
    np.testing.assert_allclose(known, unknown, rtol=1e-6)
    assert make(shape, key, tf.bfloat16).dtype == tf.bfloat16
    assert not np.any(np.isnan(known))
