"""Figures of predicted classes against labels, each with its standard error."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from bnnc.runtime.evaluation.bootstrap import Array, RowMeans, deviation, resampled, value_of
from bnnc.runtime.evaluation.brier import BrierDecomposition
from bnnc.runtime.evaluation.calibration import ClasswiseCalibration, TopLabelCalibration
from bnnc.runtime.evaluation.ranking import Detection, RiskAndCoverage
from bnnc.runtime.evaluation.result import Evaluation
from bnnc.runtime.outputs.output import SMALLEST_PROBABILITY
from bnnc.runtime.prediction.metrics import classification_metrics
from bnnc.runtime.prediction.prediction import Observed

Labels = npt.NDArray[np.int32]

TOP: Final = 5
# Of more classes, their table and confusion matrix are left out: the matrix alone would have a
# million numbers.
_MOST_CLASSES: Final = 1000
_OF_CLASSES = ("precision", "recall", "f1")


def evaluate_classes(
    observed: Observed,
    labels: npt.NDArray[np.integer],
    *,
    resamples: int,
    log_probs: npt.NDArray[np.floating] | None = None,
    is_ordered: bool = False,
    tables: bool = True,
    class_names: Sequence[str] | None = None,
) -> Evaluation:
    """Figures, standard errors and tables of a prediction of classes.

    Args:
        observed: the prediction, over [rows, classes].
        labels: class indices. Shape [rows].
        resamples: of the bootstrap; 0 for no standard errors.
        log_probs: log-probability or log-density of each label, in nats, where it is not that of
            the class alone. Shape [rows].
        is_ordered: whether the classes are ranks.
        tables: whether to make the tables too.
        class_names: names of the classes by index, for the tables.

    Returns: the figures of `classification_metrics`, and
        top_5_accuracy: of more than 5 classes, share of the rows whose label is among the 5
            likeliest ones.
        brier_reliability, brier_resolution, brier_uncertainty: as `BrierDecomposition`.
        adaptive_ece, mce: as `TopLabelCalibration`; classwise_ece: as `ClasswiseCalibration`.
        aurc, augrc, risk_at_80_coverage, coverage_at_5_risk, error_auroc: as `RiskAndCoverage`, by
            the probability of the likeliest class. `error_auroc` is left out where no row is wrong,
            or every one is.
        disagreement: mean share of the draws whose likeliest class is not the prediction's.
        rank_mae: of ordered classes, mean distance of the likeliest class from the label, in ranks.
    """
    prediction = observed.prediction
    probs, predicted = prediction.probs, prediction.label.astype(np.int32)
    truth: Labels = np.asarray(labels, np.int32)
    right = predicted == labels
    known = classification_metrics(prediction, truth)
    by_row = _by_row(observed, truth, log_probs, is_ordered=is_ordered)
    risk = RiskAndCoverage(prediction.confidence, ~right)
    calibration = TopLabelCalibration(prediction.confidence, right)
    parts: list[Callable[[Array], Mapping[str, Array]]] = [
        RowMeans(by_row),
        _LabelCounts(truth, predicted, probs.shape[1]),
        BrierDecomposition(probs, truth),
        calibration,
        ClasswiseCalibration(probs, truth),
        risk,
    ]
    if "auroc" in known:
        parts.append(_two_classes(probs[:, 1], truth == 1))

    def statistics(weights: Array) -> dict[str, Array]:
        return {name: value for part in parts for name, value in part(weights).items()}

    values = value_of(statistics, len(truth))
    drawn = resampled(statistics, len(truth), resamples=resamples) if resamples else {}
    errors = {name: deviation(one) for name, one in drawn.items()}
    scalars = {name: float(one) for name, one in values.items() if one.ndim == 0}
    # What scikit-learn and TFP compute is taken from there.
    figures = {**known, **{name: one for name, one in scalars.items() if name not in known}}
    if log_probs is not None:
        figures["nll"] = scalars["nll"]
    figures = {name: one for name, one in figures.items() if np.isfinite(one)}
    scalar_errors = {name: float(errors[name]) for name in figures if name in errors}
    of_figures = {name: drawn[name] for name in figures if name in drawn}
    if not tables:
        return Evaluation(figures, scalar_errors, resampled=of_figures)
    made: dict[str, Any] = {"reliability": calibration.table(), "risk_and_coverage": risk.curve()}
    if probs.shape[1] <= _MOST_CLASSES:
        made["classes"] = _class_table(values, errors, truth, probs.shape[1], class_names)
        made["confusion"] = _confusion(truth, predicted, probs.shape[1])
    return Evaluation(figures, scalar_errors, made, resampled=of_figures)


def label_nll(probs: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]) -> Array:
    """Minus the log-probability of each label, clipped and normalised as scikit-learn's loss is.

    Shapes: [rows, classes], class indices [rows] -> [rows], in nats.
    """
    clipped = np.clip(probs.astype(np.float64), SMALLEST_PROBABILITY, 1)
    clipped /= clipped.sum(axis=-1, keepdims=True)
    return np.asarray(-np.log(clipped[np.arange(len(labels)), labels]))


def _by_row(
    observed: Observed,
    labels: Labels,
    log_probs: npt.NDArray[np.floating] | None,
    *,
    is_ordered: bool,
) -> dict[str, npt.NDArray[np.floating]]:
    prediction = observed.prediction
    probs = np.asarray(prediction.probs, np.float64)
    rows, classes = probs.shape
    of_label = probs[np.arange(rows), labels]
    by_row = {
        "accuracy": (prediction.label == labels).astype(np.float64),
        "nll": label_nll(probs, labels) if log_probs is None else -log_probs,
        "brier": np.sum(probs**2, axis=-1) - 2 * of_label + 1,
        "entropy": prediction.entropy,
        "mutual_information": prediction.mutual_information,
        "disagreement": observed.disagreement,
    }
    if classes > TOP:
        # As many classes as are likelier, and of tied ones those with a lower index.
        likelier = probs > of_label[:, np.newaxis]
        tied = (probs == of_label[:, np.newaxis]) & (np.arange(classes) < labels[:, np.newaxis])
        by_row[f"top_{TOP}_accuracy"] = (np.sum(likelier | tied, axis=-1) < TOP).astype(np.float64)
    if is_ordered:
        by_row["rank_mae"] = np.abs(prediction.label - labels).astype(np.float64)
    return by_row


class _LabelCounts:
    """What follows from the counts of labels, predictions and hits of each class."""

    def __init__(self, labels: Labels, predicted: Labels, classes: int) -> None:
        self._labels = _one_hot(labels, classes)
        self._predicted = _one_hot(predicted, classes)
        self._hits = _one_hot(labels, classes, (labels == predicted).astype(np.float64))

    def __call__(self, weights: Array) -> dict[str, Array]:
        """Of classes [resamples, classes]; a class without labels, or predictions, is NaN there."""
        support, given, hits = (
            one @ weights for one in (self._labels, self._predicted, self._hits)
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            recall, precision = hits / support, hits / given
            f1 = 2 * hits / (support + given)
        present = support > 0
        return {
            "baseline_accuracy": support.max(axis=0) / weights.sum(axis=0),
            "balanced_accuracy": np.where(present, recall, 0).sum(axis=0) / present.sum(axis=0),
            **dict(zip(_OF_CLASSES, (precision.T, recall.T, f1.T), strict=True)),
        }


def _one_hot(
    indices: Labels, classes: int, values: npt.NDArray[np.float64] | None = None
) -> csr_array:
    """A sparse matrix [classes, rows] with the values, 1 by default, at each row's class."""
    rows = np.arange(len(indices))
    values = np.ones(len(indices)) if values is None else values
    return csr_array((values, (indices, rows)), shape=(classes, len(indices)))


def _two_classes(
    yes: npt.NDArray[np.floating], labels: npt.NDArray[np.bool_]
) -> Callable[[Array], dict[str, Array]]:
    detection = Detection(yes, labels)

    def ranking(weights: Array) -> dict[str, Array]:
        found = detection(weights)
        return {name: found[name] for name in ("auroc", "average_precision")}

    return ranking


def _class_table(
    values: Mapping[str, Array],
    errors: Mapping[str, Array],
    labels: Labels,
    classes: int,
    names: Sequence[str] | None,
) -> list[dict[str, Any]]:
    """A row a class: its name, rows, precision, recall and F1 with their standard errors."""
    support = np.bincount(labels, minlength=classes)
    return [
        {
            "class": names[place] if names else str(place),
            "support": int(support[place]),
            **{name: float(values[name][place]) for name in _OF_CLASSES},
            "standard_errors": {
                name: float(errors[name][place]) for name in _OF_CLASSES if name in errors
            },
        }
        for place in range(classes)
    ]


def _confusion(labels: Labels, predicted: Labels, classes: int) -> list[list[int]]:
    """Counts of rows: the label's class by row, the predicted class by column."""
    counts = np.bincount(labels * classes + predicted, minlength=classes * classes)
    made: list[list[int]] = counts.reshape(classes, classes).tolist()
    return made
