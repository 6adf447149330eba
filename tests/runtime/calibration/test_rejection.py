"""Rejection: its guarantee by simulation, and its threshold against brute force."""

import numpy as np
import pytest
from scipy.stats import binom

from bnnc.runtime.calibration.rejection import (
    ACCEPTS_ALL,
    REJECTS_ALL,
    confidence_threshold,
)
from bnnc.specs.calibration import REJECTION_CANDIDATES, Rejection


def rows(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Confidences, and answers that are right with a probability of the confidence squared."""
    confidence = random.beta(6, 1, count)
    return confidence, random.random(count) < confidence**2


def risk_above(threshold: float) -> float:
    """Error of all images above a threshold, by the trapezoidal rule over the density."""
    grid = np.linspace(threshold, 1, 20_001)
    density = 6 * grid**5
    error = np.trapezoid(density * (1 - grid**2), grid) / np.trapezoid(density, grid)
    return float(error)


def test_the_risk_is_exceeded_in_few_splits() -> None:
    random, section = np.random.default_rng(0), Rejection(risk=0.1, delta=0.1)
    found = [confidence_threshold(section, *rows(500, random)) for _ in range(1000)]
    accepting = [one for one in found if one != REJECTS_ALL]
    assert len(accepting) > 500
    exceeded = sum(risk_above(one) > 0.1 for one in accepting)
    # At most binomial with `delta`: five standard errors above its mean.
    assert exceeded <= 1000 * 0.1 + 5 * np.sqrt(1000 * 0.1 * 0.9)


def test_the_risk_is_reached_with_many_rows() -> None:
    section = Rejection(risk=0.1, delta=0.05)
    threshold = confidence_threshold(section, *rows(100_000, np.random.default_rng(0)))
    # The next candidate would accept 5 % more of the images.
    assert 0.09 < risk_above(threshold) <= 0.1


def test_right_answers_are_all_accepted_and_wrong_ones_rejected() -> None:
    section = Rejection(risk=0.05)
    confidence = np.random.default_rng(0).uniform(0.3, 1, 200)
    right = np.ones(200, bool)
    assert confidence_threshold(section, confidence, right) == ACCEPTS_ALL
    assert confidence_threshold(section, confidence, ~right) == REJECTS_ALL


@pytest.mark.parametrize(("risk", "delta"), [(0.05, 0.05), (0.01, 0.1), (0.2, 0.01)])
def test_the_rows_needed_are_the_fewest_that_can_be_accepted(risk: float, delta: float) -> None:
    section = Rejection(risk=risk, delta=delta)
    needed = section.rows_needed
    level = delta / REJECTION_CANDIDATES
    assert binom.cdf(0, needed, risk) <= level < binom.cdf(0, needed - 1, risk)
    for count, wanted in ((needed, ACCEPTS_ALL), (needed - 1, REJECTS_ALL)):
        found = confidence_threshold(section, np.full(count, 0.9), np.ones(count, bool))
        assert found == wanted


def test_images_of_equal_confidence_are_accepted_together() -> None:
    section = Rejection(risk=0.05)
    confidence = np.repeat([0.9, 0.6], [200, 200])
    right = np.repeat([True, False], [200, 200])
    threshold = confidence_threshold(section, confidence, right)
    assert (confidence > threshold).tolist() == right.tolist()
