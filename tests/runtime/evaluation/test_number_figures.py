"""The figures of numbers and label sets, held against scipy, scikit-learn and closed forms."""

import numpy as np
import pytest
import sklearn.metrics
from scipy.stats import norm, poisson

from bnnc.runtime.evaluation.label_set_figures import evaluate_label_sets
from bnnc.runtime.evaluation.number_figures import PIT_BINS, evaluate_numbers, pit_by_bin
from bnnc.runtime.prediction.multilabel_prediction import LabelSetPrediction
from bnnc.runtime.prediction.regression_prediction import LEVELS, NumberPrediction, NumberScores

ROWS = 2000


def scores(width: float, columns: int = 1) -> NumberScores:
    """Labels of standard deviation 1 around known means, predicted with another width."""
    generator = np.random.default_rng(0)
    mean = generator.normal(size=(ROWS, columns))
    labels = mean + generator.normal(size=mean.shape)
    shaped = mean[:, 0] if columns == 1 else mean
    std = np.full(shaped.shape, width)
    prediction = NumberPrediction(
        mean=shaped.astype(np.float32),
        std=std.astype(np.float32),
        aleatoric_std=std.astype(np.float32),
        epistemic_std=np.zeros(shaped.shape, np.float32),
        quantiles=np.stack([shaped + width * norm.ppf(level) for level in LEVELS]).astype(
            np.float32
        ),
        samples=1,
    )
    at = norm.cdf(labels, mean, width)
    log_probs = norm.logpdf(labels, mean, width).sum(axis=1)
    return NumberScores(prediction, labels, log_probs, np.abs(labels - mean), at, at)


@pytest.mark.parametrize("columns", [1, 3])
def test_sharpness_and_interval_scores_have_their_closed_forms(columns: int) -> None:
    made = scores(1.5, columns)
    figures = evaluate_numbers(made, resamples=200)
    assert set(figures) == set(figures.standard_errors)
    for share in (0.5, 0.9, 0.95):
        name, half = f"{share * 100:.0f}", 1.5 * norm.ppf((1 + share) / 2)
        assert figures[f"sharpness_{name}"] == pytest.approx(2 * half, rel=1e-5)
        # E(|z| - half)+ twice, of a standard normal z.
        outside = 2 * (norm.pdf(half) - half * norm.sf(half))
        expected = 2 * half + 2 / (1 - share) * outside
        error = figures.standard_errors[f"interval_score_{name}"]
        assert figures[f"interval_score_{name}"] == pytest.approx(expected, abs=5 * error)
        inside = 1 - 2 * norm.sf(half)
        error = figures.standard_errors[f"coverage_{name}"]
        assert figures[f"coverage_{name}"] == pytest.approx(inside, abs=5 * error)


def test_what_was_there_keeps_its_value() -> None:
    made = scores(1.0)
    figures = evaluate_numbers(made, resamples=0)
    error = made.prediction.mean - made.labels[:, 0]
    assert figures["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)))
    assert figures["mae"] == pytest.approx(np.mean(np.abs(error)))
    assert figures["crps"] == pytest.approx(made.crps.mean())
    assert figures["nll"] == pytest.approx(-made.log_probs.mean())
    assert figures["aleatoric_std"] == pytest.approx(1)
    assert figures["epistemic_std"] == 0
    assert list(figures)[:4] == ["nll", "rmse", "mae", "crps"]


def test_the_pit_is_flat_where_the_width_is_right_and_not_where_it_is_wrong() -> None:
    right = evaluate_numbers(scores(1.0), resamples=200).tables["pit"]
    assert len(right) == PIT_BINS
    assert sum(one["share"] for one in right) == pytest.approx(1)
    for one in right:
        assert one["share"] == pytest.approx(1 / PIT_BINS, abs=5 * one["standard_error"])
    narrow = evaluate_numbers(scores(0.5), resamples=0).tables["pit"]
    assert min(narrow[0]["share"], narrow[-1]["share"]) > 3 / PIT_BINS


def test_the_pit_of_counts_spreads_the_mass_of_the_label() -> None:
    generator = np.random.default_rng(1)
    labels = generator.poisson(2.0, (ROWS, 1))
    shares = pit_by_bin(poisson.cdf(labels - 1, 2.0), poisson.cdf(labels, 2.0))
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    error = shares.std(axis=0) / np.sqrt(ROWS)
    assert (np.abs(shares.mean(axis=0) - 1 / PIT_BINS) < 5 * error).all()
    # Half of the first bin, the whole second, half of the third.
    row = pit_by_bin(np.array([[0.5 / PIT_BINS]]), np.array([[2.5 / PIT_BINS]]))[0]
    np.testing.assert_allclose(row[:4], [0.25, 0.5, 0.25, 0], atol=1e-12)


def test_label_sets_have_scikit_learns_figures_and_errors() -> None:
    generator = np.random.default_rng(2)
    probs = generator.random((ROWS, 3)).astype(np.float32)
    truth = (generator.random((ROWS, 3)) < probs).astype(int)
    truth[:, 2] = 1  # a class with one answer alone, which has no ranking
    zeros = np.zeros_like(probs)
    made = LabelSetPrediction(probs, zeros + 0.5, zeros + 0.4, zeros + 0.1, 3)
    figures = evaluate_label_sets(made, truth, np.full(ROWS, -2.0), resamples=50)
    ranked = truth[:, :2], probs[:, :2]
    assert figures["auroc"] == pytest.approx(sklearn.metrics.roc_auc_score(*ranked))
    assert figures["average_precision"] == pytest.approx(
        sklearn.metrics.average_precision_score(*ranked)
    )
    balanced = [
        sklearn.metrics.balanced_accuracy_score(one, yes > 0.5)
        for one, yes in zip(*(part.T for part in ranked), strict=True)
    ]
    assert figures["balanced_accuracy"] == pytest.approx(np.mean(balanced))
    assert figures["subset_accuracy"] == np.mean(((probs > 0.5) == truth).all(axis=1))
    assert figures["nll"] == pytest.approx(2)
    assert figures["entropy"] == pytest.approx(0.5)
    assert set(figures) == set(figures.standard_errors)
    assert all(0 <= error < 0.05 for error in figures.standard_errors.values())


def test_calibration_of_single_labels_is_the_gap_in_each_bin() -> None:
    probs = np.array([[0.1, 0.1, 0.1], [0.1, 0.95, 0.95]], np.float32)
    truth = np.array([[0, 0, 0], [1, 1, 0]])
    made = LabelSetPrediction(probs, probs, probs, probs, 1)
    figures = evaluate_label_sets(made, truth, np.zeros(2), resamples=0)
    expected = (4 * abs(0.1 - 0.25) + 2 * abs(0.95 - 0.5)) / 6
    assert figures["ece"] == pytest.approx(expected)
