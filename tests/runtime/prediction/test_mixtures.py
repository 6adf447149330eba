"""Mixtures over weight draws: moments, quantiles and the CRPS, against scipy and quadrature."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.stats
import tensorflow as tf

from bnnc.runtime.outputs import OUTPUTS
from bnnc.runtime.prediction.mixtures import cdf, crps, moments, quantile

DRAWS, ROWS = 5, 6
LEVELS = (0.025, 0.25, 0.5, 0.9, 0.975)


class Case:
    """A mixture of one family, and the same by scipy."""

    def __init__(self, name: str, draws: int = DRAWS) -> None:
        generator = np.random.default_rng(3)
        loc = generator.normal(0, 2, (draws, ROWS, 1))
        raw = generator.normal(0, 1, (draws, ROWS, 1))
        scale = np.log1p(np.exp(raw)) + 1e-6
        config: dict[str, Any] = {"labels": "real"}
        config["parameterization"] = "loc_and_unconstrained_scale"
        if name == "poisson":
            config = {"labels": "count", "parameterization": "log_rate"}
        output: Any = OUTPUTS[name].from_config(config)
        numbers = loc if name == "poisson" else np.concatenate([loc, raw], axis=-1)
        self.each = output.marginals(tf.constant(numbers, tf.float64))
        self.discrete = output.discrete
        self.oracle = {
            "normal": lambda: scipy.stats.norm(loc, scale),
            "student_t": lambda: scipy.stats.t(4.0, loc, scale),
            "poisson": lambda: scipy.stats.poisson(np.exp(loc)),
        }[name]()
        labels = generator.normal(0, 3, (ROWS, 1))
        labels[0] += 100  # far from everything that the mixture says
        self.labels = np.round(np.abs(labels)) if self.discrete else labels

    def below(self, value: float, row: int) -> float:
        """The distribution function of the mixture of one row."""
        return float(np.mean(self.oracle.cdf(value)[:, row, 0]))


@pytest.fixture(params=["normal", "student_t", "poisson"])
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def test_the_variances_are_those_of_the_law_of_total_variance(case: Case) -> None:
    mean, within, between = (one.numpy() for one in moments(case.each))
    np.testing.assert_allclose(mean, case.oracle.mean().mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(within, case.oracle.var().mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(between, case.oracle.mean().var(axis=0), rtol=1e-9)
    # Together they are E x² - (E x)² of the mixture.
    second = (case.oracle.var() + case.oracle.mean() ** 2).mean(axis=0)
    np.testing.assert_allclose(within + between, second - mean**2, rtol=1e-8)


@pytest.mark.parametrize("level", LEVELS)
def test_a_quantile_is_the_smallest_number_with_that_much_below_it(
    case: Case, level: float
) -> None:
    received = quantile(case.each, level, discrete=case.discrete).numpy()
    for row in range(ROWS):
        found = float(received[row, 0])
        if case.discrete:
            assert found == round(found)
            assert case.below(found, row) >= level > case.below(found - 1, row)
        else:
            assert case.below(found, row) == pytest.approx(level, abs=1e-7)


def crps_by_definition(case: Case, row: int) -> float:
    """The integral of (F(x) - 1{x >= y})², by adaptive quadrature or by the sum over counts."""
    label = float(case.labels[row, 0])
    if case.discrete:
        counts = np.arange(3000)
        under = np.mean(scipy.stats.poisson.cdf(counts, case.oracle.args[0][:, row, :]), axis=0)
        return float(np.sum((under - (counts >= label)) ** 2))
    points = sorted(float(one) for one in case.oracle.mean()[:, row, 0])
    ends = [-3000.0, *sorted([label, *points, min(points) - 20, max(points) + 20]), 3000.0]
    total = 0.0
    for low, high in pairwise(ends):
        if high > low:
            beyond = low >= label
            total += scipy.integrate.quad(
                lambda x, step: (case.below(x, row) - step) ** 2, low, high, (beyond,), limit=200
            )[0]
    return total


def test_the_crps_is_the_integral_that_defines_it(case: Case) -> None:
    received = crps(case.each, tf.constant(case.labels)).numpy()
    expected = [crps_by_definition(case, row) for row in range(ROWS)]
    np.testing.assert_allclose(received[:, 0], expected, rtol=2e-5)


def test_the_crps_of_one_normal_is_its_closed_form() -> None:
    case = Case("normal", draws=1)
    scale, loc = case.oracle.std()[0], case.oracle.mean()[0]
    z = (case.labels - loc) / scale
    unit = scipy.stats.norm
    closed = scale * (z * (2 * unit.cdf(z) - 1) + 2 * unit.pdf(z) - 1 / np.sqrt(np.pi))
    np.testing.assert_allclose(crps(case.each, tf.constant(case.labels)), closed, rtol=1e-9)


def test_the_crps_of_many_draws_is_that_of_all_pairs_to_within_a_hundredth() -> None:
    case = Case("normal", draws=300)
    loc, scale = case.oracle.mean(), case.oracle.std()
    between = loc[:, np.newaxis] - loc
    apart = np.sqrt(scale[:, np.newaxis] ** 2 + scale**2)
    pairs = (
        between * (2 * scipy.stats.norm.cdf(between / apart) - 1)
        + 2 * apart * scipy.stats.norm.pdf(between / apart)
    ).mean(axis=(0, 1))
    z = (case.labels - loc) / scale
    to_label = scale * (z * (2 * scipy.stats.norm.cdf(z) - 1) + 2 * scipy.stats.norm.pdf(z))
    expected = to_label.mean(axis=0) - pairs / 2
    received = crps(case.each, tf.constant(case.labels)).numpy()
    np.testing.assert_allclose(received, expected, rtol=0.01)


def test_counts_that_reach_over_many_numbers_are_summed_by_cells() -> None:
    rates = np.array([[[200.0]], [[90_000.0]]])
    each = OUTPUTS["poisson"](parameterization="rate", labels="count")
    counts = np.arange(200_000)
    under = np.mean(scipy.stats.poisson.cdf(counts, rates[:, 0]), axis=0)
    expected = np.sum((under - (counts >= 1000)) ** 2)
    marginals: Any = each.marginals(tf.constant(rates, tf.float64))  # type: ignore[attr-defined]  # the class of numbers has them
    received = crps(marginals, tf.constant([[1000.0]], tf.float64)).numpy()
    assert received[0, 0] == pytest.approx(expected, rel=1e-3)


def test_the_distribution_function_is_the_mean_of_the_draws(case: Case) -> None:
    received = cdf(case.each, tf.constant(case.labels)).numpy()
    for row in range(ROWS):
        assert received[row, 0] == pytest.approx(case.below(float(case.labels[row, 0]), row))
