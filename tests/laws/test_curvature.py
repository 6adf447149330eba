"""The second derivatives of a loss, by which a posterior is fitted around trained weights."""

import numpy as np
import pytest
import tensorflow as tf

from bnnc.runtime.outputs import OutputDistribution
from bnnc.runtime.outputs.output import ClassOutput
from bnnc.runtime.training.objective import Objective
from bnnc.specs.outputs import OUTPUTS as SECTIONS
from tests.support.distributions import (
    ARGUMENTS,
    ROWS,
    indices_of,
    labels_of,
    name_of,
    numbers_of,
    outputs,
)


def has_curvature(output: OutputDistribution) -> bool:
    """What the language says of it."""
    section = SECTIONS[output.distribution_name]
    return section.model_construct(**output.get_config()).has_curvature


EVERY = {name_of(one): one for one in outputs()}
KNOWN = [name for name, one in EVERY.items() if has_curvature(one)]


def test_some_of_the_distributions_have_it_and_some_have_not() -> None:
    known = {EVERY[name].distribution_name for name in KNOWN}
    assert known == {
        *("categorical", "one_hot_categorical", "bernoulli", "independent_bernoulli"),
        *("normal", "poisson"),
    }
    assert known < set(ARGUMENTS)


@pytest.mark.parametrize("name", KNOWN)
def test_it_is_the_second_derivative_of_the_loss_whatever_the_label(name: str) -> None:
    output = EVERY[name]
    numbers = tf.constant(numbers_of(output), tf.float32)
    for shift in range(2):
        labels = labels_of(output, np.roll(indices_of(output), shift))
        for column in range(output.width):
            with tf.GradientTape() as outer:
                outer.watch(numbers)
                with tf.GradientTape() as inner:
                    inner.watch(numbers)
                    loss = -output.log_prob(numbers, labels)
                first = inner.gradient(loss, numbers)[:, column]
            expected = outer.gradient(first, numbers)[:, column]
            received = output.curvature(numbers)[:, column]
            np.testing.assert_allclose(received, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", sorted(set(EVERY) - set(KNOWN)))
def test_where_the_language_knows_none_there_is_none(name: str) -> None:
    output = EVERY[name]
    with pytest.raises(ValueError, match=type(output).__name__):
        output.curvature(tf.constant(numbers_of(output), tf.float32))


def test_the_weight_of_a_class_is_a_factor_of_its_rows() -> None:
    output = EVERY[KNOWN[0]]
    assert isinstance(output, ClassOutput)
    numbers, indices = tf.constant(numbers_of(output), tf.float32), indices_of(output)
    weights = tuple(float(1 + one) for one in range(output.classes))
    labels = labels_of(output, indices)
    plain = Objective(output).curvature(numbers, labels)
    weighted = Objective(output, class_weight=weights).curvature(numbers, labels)
    factors = np.array(weights)[indices].reshape(ROWS, 1)
    np.testing.assert_allclose(weighted, plain * factors, rtol=1e-6)
