"""Prediction sets and intervals against brute force, and their coverage against its law."""

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats
from scipy.special import softmax

from bnnc.runtime.calibration.conformal import (
    class_scores,
    conformal_quantile,
    interval_of,
    label_scores,
    number_scores,
)
from bnnc.runtime.prediction.regression_prediction import LEVELS, NumberPrediction
from bnnc.specs.calibration import (
    IntervalMethod,
    PredictionSets,
    SetMethod,
    rows_for_coverage,
)

Array = npt.NDArray[np.float64]
SPLITS = 400
ROWS = 99
METHODS: tuple[SetMethod, ...] = get_args(SetMethod)


def test_the_quantile_is_the_smallest_that_enough_scores_are_at_most() -> None:
    scores = np.random.default_rng(0).permutation(19.0 * np.arange(1, 20))
    for coverage in (0.1, 0.5, 0.8, 0.9, 0.95):
        found = conformal_quantile(scores, coverage)
        counts = [np.sum(scores <= one) >= (19 + 1) * coverage - 1e-9 for one in np.sort(scores)]
        assert found == np.sort(scores)[int(np.argmax(counts))]


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
def test_the_rows_for_a_coverage_are_the_fewest_that_have_a_quantile(coverage: float) -> None:
    rows = rows_for_coverage(coverage)
    conformal_quantile(np.arange(float(rows)), coverage)
    with pytest.raises(ValueError, match=f"at least {rows} rows"):
        conformal_quantile(np.arange(float(rows - 1)), coverage)


@pytest.mark.parametrize("method", METHODS)
def test_scores_are_those_of_a_loop_over_rows_and_classes(method: SetMethod) -> None:
    probs = softmax(np.random.default_rng(0).standard_normal((50, 6)), axis=-1)
    section = PredictionSets(method=method, penalty=0.1, unpenalized=2)
    found = class_scores(section, probs)
    for row, scores in zip(probs, found, strict=True):
        for one in range(6):
            rank = 1 + int(np.sum(row > row[one]))
            before = float(row[row > row[one]].sum())
            wanted = {
                "lac": 1 - row[one],
                "aps": before,
                "raps": before + 0.1 * max(0, rank - 2),
            }
            assert scores[one] == pytest.approx(wanted[method], abs=1e-12)
    labels = np.arange(50) % 6
    picked = label_scores(section, probs, labels)
    np.testing.assert_array_equal(picked, found[np.arange(50), labels])


@pytest.mark.parametrize("method", ["aps", "raps"])
def test_no_set_of_total_probability_is_empty(method: SetMethod) -> None:
    probs = softmax(9 * np.random.default_rng(0).standard_normal((200, 6)), axis=-1)
    scores = class_scores(PredictionSets(method=method), probs)
    np.testing.assert_array_equal(scores[np.arange(200), probs.argmax(axis=-1)], 0)


def world(method: SetMethod) -> Callable[[int, np.random.Generator], Array]:
    """Scores of the labels of a model that is neither right nor calibrated."""
    section = PredictionSets(method=method, penalty=0.05, unpenalized=2)

    def draw(rows: int, random: np.random.Generator) -> Array:
        logits = random.standard_normal((rows, 8))
        labels = (logits + 2 * random.gumbel(size=logits.shape)).argmax(axis=-1)
        return label_scores(section, softmax(3 * logits, axis=-1), labels)

    return draw


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_the_coverage_of_sets_follows_the_beta_law(method: SetMethod, coverage: float) -> None:
    """Over splits, P(new score <= quantile) ~ Beta(k, n + 1 - k), k = ceil((n + 1) coverage)."""
    random = np.random.default_rng(0)
    draw = world(method)
    population = np.sort(draw(1_000_000, random))
    thresholds = [conformal_quantile(draw(ROWS, random), coverage) for _ in range(SPLITS)]
    covered = np.searchsorted(population, thresholds, side="right") / len(population)
    place = round((ROWS + 1) * coverage)
    law = stats.beta(place, ROWS + 1 - place)
    assert stats.kstest(covered, law.cdf).pvalue > 1e-3
    assert abs(covered.mean() - coverage) < 5 * law.std() / np.sqrt(SPLITS)


def predicted(mean: Array, std: Array) -> NumberPrediction:
    """A normal prediction that is too certain."""
    quantiles = np.stack([mean + stats.norm.ppf(level) * std for level in LEVELS])
    quantiles = quantiles.astype(np.float32)
    one, other = mean.astype(np.float32), std.astype(np.float32)
    return NumberPrediction(one, other, other, 0 * other, quantiles, samples=1)


def numbers(rows: int, random: np.random.Generator) -> tuple[NumberPrediction, Array]:
    """Predictions with half the spread of the labels, in two columns of different scale."""
    std = random.uniform(0.2, 2, (rows, 2)) * [1, 5]
    mean = random.standard_normal((rows, 2))
    return predicted(mean, std / 2), mean + std * random.standard_t(4, (rows, 2))


@pytest.mark.parametrize("method", get_args(IntervalMethod))
def test_an_interval_holds_the_numbers_whose_scores_are_at_most_its_threshold(
    method: IntervalMethod,
) -> None:
    prediction, labels = numbers(500, np.random.default_rng(0))
    scores = number_scores(method, 0.9, prediction, labels)
    thresholds = conformal_quantile(scores, 0.8)
    low, high = interval_of(method, 0.9, prediction, thresholds)
    inside = (low <= labels) & (labels <= high)
    np.testing.assert_array_equal(inside, scores <= thresholds)
    np.testing.assert_array_equal(inside.sum(axis=0), np.ceil(501 * 0.8 - 1e-9))


@pytest.mark.parametrize("method", get_args(IntervalMethod))
def test_the_coverage_of_intervals_follows_the_beta_law(method: IntervalMethod) -> None:
    random = np.random.default_rng(0)
    prediction, labels = numbers(200_000, random)
    population = np.sort(number_scores(method, 0.9, prediction, labels), axis=0)
    covered = []
    for _ in range(SPLITS):
        thresholds = conformal_quantile(number_scores(method, 0.9, *numbers(ROWS, random)), 0.9)
        for column in (0, 1):
            found = np.searchsorted(population[:, column], thresholds[column], side="right")
            covered.append(found / len(population))
    law = stats.beta(90, 10)
    # Both columns are covered alike; each is a sample of its own.
    for column in (0, 1):
        assert stats.kstest(covered[column::2], law.cdf).pvalue > 1e-3


def test_an_interval_that_would_be_less_than_empty_is_a_point() -> None:
    prediction = predicted(np.array([1.0, 2.0]), np.array([1.0, 0.1]))
    low, high = interval_of("cqr", 0.9, prediction, np.array(-1.0))
    assert (low <= high).all()
    assert high[1] - low[1] < 1e-6
    assert abs(low[1] - 2) < 1e-6


def test_the_scores_of_a_label_do_not_depend_on_other_rows() -> None:
    section: Any = PredictionSets(method="aps")
    probs = softmax(np.random.default_rng(0).standard_normal((64, 10)), axis=-1)
    alone = np.concatenate([class_scores(section, probs[row : row + 1]) for row in range(64)])
    np.testing.assert_array_equal(alone, class_scores(section, probs))
