"""Calibration errors and the Brier decomposition under weights, against loops over bins and TFP."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.evaluation.bootstrap import value_of
from bnnc.runtime.evaluation.brier import BrierDecomposition
from bnnc.runtime.evaluation.calibration import (
    ClasswiseCalibration,
    TopLabelCalibration,
    bin_of,
)
from bnnc.runtime.prediction.metrics import CALIBRATION_BINS

ROWS, CLASSES = 500, 4


@pytest.fixture
def probs() -> np.ndarray:
    made = np.random.default_rng(0).dirichlet(np.full(CLASSES, 0.6), ROWS)
    return np.asarray(made.astype(np.float32))


@pytest.fixture
def labels(probs: np.ndarray) -> np.ndarray:
    random = np.random.default_rng(1)
    return np.where(random.random(ROWS) < 0.5, probs.argmax(1), random.integers(0, CLASSES, ROWS))


@pytest.fixture
def drawn() -> np.ndarray:
    return np.random.default_rng(2).integers(0, ROWS, ROWS)


def weights(drawn: np.ndarray) -> np.ndarray:
    return np.bincount(drawn, minlength=ROWS).astype(np.float64)[:, np.newaxis]


def gaps(values: np.ndarray, hits: np.ndarray, bins: np.ndarray) -> list[tuple[float, float]]:
    """Share of the rows and gap of each bin that has some."""
    return [
        (np.mean(bins == one), abs(hits[bins == one].mean() - values[bins == one].mean()))
        for one in np.unique(bins)
    ]


def test_top_label_errors_are_the_gaps_of_the_resampled_rows(
    probs: np.ndarray, labels: np.ndarray, drawn: np.ndarray
) -> None:
    confidence, right = probs.max(1).astype(np.float64), probs.argmax(1) == labels
    received = TopLabelCalibration(confidence, right)(weights(drawn))
    equal = np.argsort(np.argsort(confidence)) * CALIBRATION_BINS // ROWS
    of_width = gaps(confidence[drawn], right[drawn], bin_of(confidence)[drawn])
    of_size = gaps(confidence[drawn], right[drawn], equal[drawn])
    assert received["ece"][0] == pytest.approx(sum(share * gap for share, gap in of_width))
    assert received["mce"][0] == pytest.approx(max(gap for _, gap in of_width))
    assert received["adaptive_ece"][0] == pytest.approx(sum(share * gap for share, gap in of_size))


def test_tied_confidences_share_a_bin() -> None:
    right = np.arange(60) % 2 == 0
    made = value_of(TopLabelCalibration(np.full(60, 0.8), right), 60)
    assert made["adaptive_ece"] == made["ece"] == made["mce"] == pytest.approx(0.3)


def test_classwise_error_is_the_mean_over_the_classes(
    probs: np.ndarray, labels: np.ndarray, drawn: np.ndarray
) -> None:
    received = ClasswiseCalibration(probs, labels)(weights(drawn))["classwise_ece"][0]
    expected = []
    for one in range(CLASSES):
        values, hits = probs[drawn, one].astype(np.float64), labels[drawn] == one
        expected.append(sum(share * gap for share, gap in gaps(values, hits, bin_of(values))))
    assert received == pytest.approx(np.mean(expected))


def test_the_reliability_table_has_every_row_and_gives_the_error(
    probs: np.ndarray, labels: np.ndarray
) -> None:
    made = TopLabelCalibration(probs.max(1), probs.argmax(1) == labels)
    table = made.table()
    assert sum(one["rows"] for one in table) == ROWS
    assert (table[0]["from"], table[-1]["to"]) == (0, 1)
    gap = sum(
        one["rows"] / ROWS * abs(one["accuracy"] - one["confidence"])
        for one in table
        if one["rows"]
    )
    assert gap == pytest.approx(value_of(made, ROWS)["ece"])
    assert table[0]["accuracy"] is None  # the largest of four probabilities is at least 1/4


def test_the_brier_decomposition_is_over_the_likeliest_classes_as_in_tfp(
    probs: np.ndarray, labels: np.ndarray, drawn: np.ndarray
) -> None:
    received = BrierDecomposition(probs, labels)(weights(drawn))
    probs, labels = probs[drawn].astype(np.float64), labels[drawn]
    uncertainty, _, reliability = tfp.stats.brier_decomposition(
        tf.constant(labels.astype(np.int32)), tf.constant(np.log(np.maximum(probs, 1e-30)))
    )
    # TFP leaves out the constant 1 of the squared distance.
    assert received["brier_uncertainty"][0] == pytest.approx(1 + float(uncertainty))
    assert received["brier_reliability"][0] == pytest.approx(float(reliability))
    # The resolution of TFP 0.25 compares all labels of group k with the frequency of label k.
    overall = np.bincount(labels, minlength=CLASSES) / ROWS
    expected = 0.0
    for group in range(CLASSES):
        own = labels[probs.argmax(1) == group]
        frequencies = np.bincount(own, minlength=CLASSES) / len(own)
        expected += len(own) / ROWS * np.sum((frequencies - overall) ** 2)
    assert received["brier_resolution"][0] == pytest.approx(expected)


def test_the_parts_add_up_where_the_rows_of_a_group_have_one_probability() -> None:
    generator = np.random.default_rng(3)
    forecasts = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.2, 0.3, 0.5]])
    group = generator.integers(0, 3, 200)
    labels = generator.integers(0, 3, 200)
    parts = value_of(BrierDecomposition(forecasts[group], labels), 200)
    brier = np.mean(np.sum((forecasts[group] - np.eye(3)[labels]) ** 2, axis=1))
    total = parts["brier_reliability"] - parts["brier_resolution"] + parts["brier_uncertainty"]
    assert total == pytest.approx(brier)
