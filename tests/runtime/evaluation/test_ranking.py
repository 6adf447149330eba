"""Detection and selective prediction under weights, held against scikit-learn and brute force."""

import itertools

import numpy as np
import pytest
import sklearn.metrics

from bnnc.runtime.evaluation.bootstrap import value_of
from bnnc.runtime.evaluation.ranking import Detection, RiskAndCoverage

ROWS, RESAMPLES = 300, 6


def scores(ties: bool) -> np.ndarray:
    made = np.random.default_rng(0).random(ROWS)
    return np.round(made, 1) if ties else made


def positives(values: np.ndarray) -> np.ndarray:
    return np.random.default_rng(1).random(ROWS) < 0.6 * values


def weights() -> np.ndarray:
    drawn = np.random.default_rng(2).integers(0, ROWS, (RESAMPLES, ROWS))
    return np.stack([np.bincount(one, minlength=ROWS) for one in drawn], axis=1).astype(np.float64)


@pytest.mark.parametrize("ties", [False, True])
def test_detection_is_scikit_learns_under_every_resample(ties: bool) -> None:
    values = scores(ties)
    positive = positives(values)
    received = Detection(values, positive)(weights())
    for place, weight in enumerate(weights().T):
        how = {"sample_weight": weight}
        assert received["auroc"][place] == pytest.approx(
            sklearn.metrics.roc_auc_score(positive, values, **how)
        )
        assert received["average_precision"][place] == pytest.approx(
            sklearn.metrics.average_precision_score(positive, values, **how)
        )
        rates, found, _ = sklearn.metrics.roc_curve(
            positive, values, drop_intermediate=False, **how
        )
        assert received["fpr95"][place] == pytest.approx(rates[np.argmax(found >= 0.95 - 1e-9)])


def test_rows_of_one_kind_have_no_detection() -> None:
    for positive in (np.ones(4, bool), np.zeros(4, bool)):
        made = value_of(Detection(np.arange(4.0), positive), 4)
        assert np.isnan(list(made.values())).all()


def risks(confidence: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Risk of the k most confident rows, for each k: the mean over all orders of tied rows."""
    each = np.zeros(len(wrong))
    for value in np.unique(confidence):
        each[confidence == value] = wrong[confidence == value].mean()
    order = np.argsort(-confidence, kind="stable")
    return np.asarray(np.cumsum(each[order]) / np.arange(1, len(wrong) + 1))


@pytest.mark.parametrize("ties", [False, True])
def test_risk_and_coverage_are_those_of_the_resampled_rows(ties: bool) -> None:
    confidence = scores(ties)
    wrong = positives(1 - confidence)
    received = RiskAndCoverage(confidence, wrong)(weights())
    for place, weight in enumerate(weights().T):
        drawn = np.repeat(np.arange(ROWS), weight.astype(int))
        risk = risks(confidence[drawn], wrong[drawn])
        assert received["aurc"][place] == pytest.approx(risk.mean())
        assert received["risk_at_80_coverage"][place] == pytest.approx(risk[int(0.8 * ROWS) - 1])
        ranked = np.sort(confidence[drawn])[::-1]
        ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
        low = ends[risk[ends] <= 0.05]
        assert received["coverage_at_5_risk"][place] == pytest.approx(
            (low.max() + 1) / ROWS if len(low) else 0
        )
        # Traub et al. 2024, equation 6.
        auroc = sklearn.metrics.roc_auc_score(wrong[drawn], -confidence[drawn])
        accuracy = 1 - wrong[drawn].mean()
        assert received["error_auroc"][place] == pytest.approx(auroc)
        expected = (1 - auroc) * accuracy * (1 - accuracy) + (1 - accuracy) ** 2 / 2
        assert received["augrc"][place] == pytest.approx(expected)


def test_the_area_of_tied_rows_is_the_mean_over_their_orders() -> None:
    wrong = np.array([True, False, False, True, False])
    confidence = np.array([0.9, 0.9, 0.9, 0.5, 0.2])
    areas = [
        np.mean(np.cumsum(wrong[[*first, 3, 4]]) / np.arange(1, 6))
        for first in itertools.permutations(range(3))
    ]
    received = value_of(RiskAndCoverage(confidence, wrong), 5)["aurc"]
    assert received == pytest.approx(np.mean(areas))


def test_the_best_and_the_worst_order_have_the_closed_forms() -> None:
    wrong = np.arange(10) >= 8
    best = value_of(RiskAndCoverage(-np.arange(10.0), wrong), 10)
    assert best["aurc"] == pytest.approx((1 / 9 + 2 / 10) / 10)
    assert best["augrc"] == pytest.approx(0.2**2 / 2)
    assert best["error_auroc"] == 1
    assert best["risk_at_80_coverage"] == 0
    assert best["coverage_at_5_risk"] == 0.8
    worst = value_of(RiskAndCoverage(np.arange(10.0), wrong), 10)
    assert worst["error_auroc"] == 0
    assert worst["augrc"] == pytest.approx(0.2 - 0.2**2 / 2)
    assert worst["coverage_at_5_risk"] == 0


def test_without_errors_there_is_no_risk_and_nothing_to_find() -> None:
    made = value_of(RiskAndCoverage(np.array([0.9, 0.8, 0.8]), np.zeros(3, bool)), 3)
    assert made["aurc"] == made["augrc"] == made["risk_at_80_coverage"] == 0
    assert made["coverage_at_5_risk"] == 1
    assert np.isnan(made["error_auroc"])


def test_the_curve_ends_with_the_error_of_all_rows() -> None:
    confidence = scores(ties=False)
    wrong = positives(1 - confidence)
    curve = RiskAndCoverage(confidence, wrong).curve()
    assert curve["coverage"][-1] == 1
    assert curve["risk"][-1] == pytest.approx(wrong.mean())
    assert len(curve["risk"]) == len(curve["coverage"]) <= 100
    risk = risks(confidence, wrong)
    places = np.rint(np.array(curve["coverage"]) * ROWS).astype(int) - 1
    np.testing.assert_allclose(curve["risk"], risk[places])
