"""Metrics, held against plain NumPy formulas and scikit-learn."""

import numpy as np
import pytest
import sklearn.metrics

from bnnc.runtime.prediction.metrics import CALIBRATION_BINS, classification_metrics
from bnnc.runtime.prediction.prediction import Prediction

IMAGES, CLASSES = 400, 5


def a_prediction(probs: np.ndarray) -> Prediction:
    entropy = -np.sum(np.where(probs > 0, probs * np.log(np.maximum(probs, 1e-30)), 0), axis=-1)
    return Prediction(
        probs=probs.astype(np.float32),
        entropy=entropy.astype(np.float32),
        expected_entropy=(0.75 * entropy).astype(np.float32),
        mutual_information=(0.25 * entropy).astype(np.float32),
        samples=3,
    )


@pytest.fixture
def prediction() -> Prediction:
    return a_prediction(np.random.default_rng(0).dirichlet(np.full(CLASSES, 0.5), IMAGES))


@pytest.fixture
def labels(prediction: Prediction) -> np.ndarray:
    """Half of them the likeliest class, the others any."""
    generator = np.random.default_rng(1)
    random = generator.integers(0, CLASSES, IMAGES)
    return np.where(generator.random(IMAGES) < 0.5, prediction.label, random).astype(np.int32)


def test_accuracy_is_the_share_of_likeliest_classes(
    prediction: Prediction, labels: np.ndarray
) -> None:
    received = classification_metrics(prediction, labels)["accuracy"]
    assert received == np.mean(prediction.probs.argmax(axis=-1) == labels)


def test_nll_is_scikit_learns_log_loss(prediction: Prediction, labels: np.ndarray) -> None:
    probs = prediction.probs.astype(np.float64)
    probs /= probs.sum(axis=-1, keepdims=True)
    expected = sklearn.metrics.log_loss(labels, probs, labels=np.arange(CLASSES))
    assert classification_metrics(prediction, labels)["nll"] == pytest.approx(expected, rel=1e-5)


def test_brier_is_the_squared_distance_to_the_one_hot_label(
    prediction: Prediction, labels: np.ndarray
) -> None:
    distance = ((prediction.probs - np.eye(CLASSES)[labels]) ** 2).sum(axis=-1)
    received = classification_metrics(prediction, labels)["brier"]
    assert received == pytest.approx(distance.mean(), rel=1e-5)


def test_ece_is_the_gap_of_accuracy_and_confidence_over_15_bins(
    prediction: Prediction, labels: np.ndarray
) -> None:
    confidence = prediction.probs.max(axis=-1).astype(np.float64)
    hits = prediction.probs.argmax(axis=-1) == labels
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = [
        np.mean(bins == one) * abs(hits[bins == one].mean() - confidence[bins == one].mean())
        for one in np.unique(bins)
    ]
    received = classification_metrics(prediction, labels)["ece"]
    assert received == pytest.approx(sum(gaps), rel=1e-4)


def test_entropies_are_means_over_the_images(prediction: Prediction, labels: np.ndarray) -> None:
    received = classification_metrics(prediction, labels)
    assert received["entropy"] == pytest.approx(prediction.entropy.mean(), rel=1e-6)
    information = prediction.mutual_information.mean()
    assert received["mutual_information"] == pytest.approx(information, rel=1e-6)


def test_a_perfect_prediction_has_nothing_to_improve() -> None:
    labels = np.arange(CLASSES, dtype=np.int32)
    received = classification_metrics(a_prediction(np.eye(CLASSES)), labels)
    assert received["accuracy"] == 1
    assert received["nll"] == pytest.approx(0, abs=1e-6)
    assert received["brier"] == pytest.approx(0, abs=1e-6)
    assert received["ece"] == pytest.approx(0, abs=1e-6)


def test_a_certain_and_wrong_prediction_has_a_finite_nll_and_the_largest_brier() -> None:
    labels = np.roll(np.arange(CLASSES, dtype=np.int32), 1)
    received = classification_metrics(a_prediction(np.eye(CLASSES)), labels)
    assert received["accuracy"] == 0
    assert received["nll"] == pytest.approx(-np.log(1e-7), rel=1e-5)
    assert received["brier"] == pytest.approx(2, rel=1e-5)
    assert received["ece"] == pytest.approx(1, rel=1e-5)


def test_a_class_without_images_is_no_obstacle(prediction: Prediction) -> None:
    received = classification_metrics(prediction, np.zeros(IMAGES, np.int32))
    expected = -np.log(np.maximum(prediction.probs[:, 0], 1e-7)).mean()
    assert received["nll"] == pytest.approx(expected, rel=1e-4)


def test_balanced_accuracy_is_scikit_learns(prediction: Prediction, labels: np.ndarray) -> None:
    received = classification_metrics(prediction, labels)["balanced_accuracy"]
    expected = sklearn.metrics.balanced_accuracy_score(labels, prediction.label)
    assert received == pytest.approx(expected, rel=1e-12)


def test_balanced_accuracy_is_over_the_classes_that_occur(prediction: Prediction) -> None:
    labels = np.where(prediction.label == 0, 0, 1).astype(np.int32)
    received = classification_metrics(prediction, labels)
    of_class_1 = np.mean(prediction.label[labels == 1] == 1)
    assert received["balanced_accuracy"] == pytest.approx((1 + of_class_1) / 2, rel=1e-12)
    assert "auroc" not in received  # of five classes, two of which occur


def test_guessing_the_commonest_class_has_its_share_and_a_balanced_accuracy_of_a_half() -> None:
    labels = (np.arange(1000) % 100 == 0).astype(np.int32)
    probs = np.tile([0.99, 0.01], (1000, 1))
    received = classification_metrics(a_prediction(probs), labels)
    assert received["accuracy"] == received["baseline_accuracy"] == 0.99
    assert received["balanced_accuracy"] == 0.5
    assert received["auroc"] == 0.5
    assert received["average_precision"] == pytest.approx(0.01)
    # A mean of a thousand float32 numbers, each with a rounding of 6e-8.
    assert received["ece"] == pytest.approx(0, abs=1000 * 6e-8)


def test_two_classes_are_ranked_by_the_probability_of_the_second() -> None:
    generator = np.random.default_rng(2)
    labels = (generator.random(300) < 0.1).astype(np.int32)
    yes = np.clip(0.3 * labels + 0.6 * generator.random(300), 0, 1)
    received = classification_metrics(a_prediction(np.stack([1 - yes, yes], axis=1)), labels)
    # By its definition: how often a positive is above a negative. Ties have no weight here.
    above = yes[labels == 1][:, None] > yes[labels == 0][None]
    assert received["auroc"] == pytest.approx(above.mean(), rel=1e-6)
    order = np.argsort(-yes)
    hits = np.cumsum(labels[order])
    precision = hits / np.arange(1, 301)
    expected = precision[labels[order] == 1].mean()
    assert received["average_precision"] == pytest.approx(expected, rel=1e-6)


def test_labels_of_one_class_alone_have_no_ranking() -> None:
    received = classification_metrics(a_prediction(np.tile([0.4, 0.6], (9, 1))), np.ones(9, int))
    assert received["baseline_accuracy"] == received["balanced_accuracy"] == 1
    assert not {"auroc", "average_precision"} & set(received)
