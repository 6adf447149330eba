"""Calibration of class probabilities: errors over bins, and the reliability table behind them."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from bnnc.runtime.evaluation.bootstrap import Array
from bnnc.runtime.prediction.metrics import CALIBRATION_BINS

Rows = npt.NDArray[np.floating]


def bin_of(probabilities: Rows) -> npt.NDArray[np.intp]:
    """Which of the 15 bins of equal width each probability is in."""
    places = np.floor(np.asarray(probabilities, np.float64) * CALIBRATION_BINS).astype(np.intp)
    return np.clip(places, 0, CALIBRATION_BINS - 1)


class TopLabelCalibration:
    """Calibration of the probability of the likeliest class.

    Args:
        confidence: that probability. Shape [rows].
        right: whether that class is the label's. Shape [rows].

    References: Guo et al. 2017, arXiv:1706.04599 (ECE, maximum error); Nguyen and O'Connor 2015,
        arXiv:1508.05154 (bins of equal size).
    """

    def __init__(self, confidence: Rows, right: npt.NDArray[np.bool_]) -> None:
        self._confidence = np.asarray(confidence, np.float64)
        self._right = np.asarray(right, np.float64)
        gap = self._right - self._confidence
        self._in_bin = _members(bin_of(confidence))
        self._gap_in_bin = self._in_bin.multiply(gap[np.newaxis]).tocsr()
        in_equal_bin = _members(_equal_bins(self._confidence))
        self._gap_in_equal_bin = in_equal_bin.multiply(gap[np.newaxis]).tocsr()

    def __call__(self, weights: Array) -> dict[str, Array]:
        """Calibration errors. Shapes: weights [rows, resamples] -> [resamples] each.

        Returns:
            ece: gap of accuracy and mean confidence in 15 bins of equal width, weighted by their
                rows.
            adaptive_ece: the same in 15 bins of as equal numbers of rows as ties allow; a resample
                has the bins of the rows themselves.
            mce: the largest gap of the bins of equal width.
        """
        rows = weights.sum(axis=0)
        gaps = np.abs(self._gap_in_bin @ weights)
        sizes = self._in_bin @ weights
        widest = np.divide(gaps, sizes, out=np.zeros_like(gaps), where=sizes > 0).max(axis=0)
        return {
            "ece": gaps.sum(axis=0) / rows,
            "adaptive_ece": np.abs(self._gap_in_equal_bin @ weights).sum(axis=0) / rows,
            "mce": widest,
        }

    def table(self) -> list[dict[str, Any]]:
        """The bins of equal width: their ends, rows, accuracy and mean confidence.

        The last two are None where a bin is empty.
        """
        sizes = self._in_bin.sum(axis=1)
        edges = np.linspace(0, 1, CALIBRATION_BINS + 1)
        right, confidence = self._in_bin @ self._right, self._in_bin @ self._confidence
        return [
            {
                "from": float(edges[place]),
                "to": float(edges[place + 1]),
                "rows": int(size),
                "accuracy": float(right[place] / size) if size else None,
                "confidence": float(confidence[place] / size) if size else None,
            }
            for place, size in enumerate(sizes)
        ]


def _members(bins: npt.NDArray[np.intp]) -> csr_array:
    """A matrix [bins, rows] with 1 where a row is in a bin."""
    rows = len(bins)
    return csr_array((np.ones(rows), (bins, np.arange(rows))), shape=(CALIBRATION_BINS, rows))


def _equal_bins(values: Array) -> npt.NDArray[np.intp]:
    """Bins of as equal numbers of rows as ties allow: the bin of a value is that of its first rank."""
    first_ranks = np.searchsorted(np.sort(values), values)
    return np.asarray(first_ranks * CALIBRATION_BINS // len(values), np.intp)


class ClasswiseCalibration:
    """Calibration of the probability of every class, not of the likeliest alone.

    Args:
        probs: probabilities. Shape [rows, classes].
        labels: class indices. Shape [rows].

    References: Kull et al. 2019, arXiv:1910.12656, section 2.
    """

    def __init__(self, probs: Rows, labels: npt.NDArray[np.integer]) -> None:
        rows, self._classes = probs.shape
        self._gaps = -np.asarray(probs, np.float64)
        self._gaps[np.arange(rows), labels] += 1
        # A row has at most 15 probabilities above the lowest bin, however many classes there are.
        # The gap of the lowest bin is what those of the others leave of the whole.
        bins = bin_of(probs)
        row, column = np.nonzero(bins)
        place = column * CALIBRATION_BINS + bins[row, column]
        self._upper = csr_array(
            (self._gaps[row, column], (place, row)),
            shape=(self._classes * CALIBRATION_BINS, rows),
        )

    def __call__(self, weights: Array) -> dict[str, Array]:
        """`classwise_ece`: the mean of the classes' errors over 15 bins of equal width.

        Shapes: weights [rows, resamples] -> [resamples].
        """
        upper = (self._upper @ weights).reshape(self._classes, CALIBRATION_BINS, -1)
        lowest = self._gaps.T @ weights - upper.sum(axis=1)
        total = np.abs(upper).sum(axis=(0, 1)) + np.abs(lowest).sum(axis=0)
        return {"classwise_ece": total / (self._classes * weights.sum(axis=0))}


class AnswerCalibration:
    """Calibration of the probability of a yes, over all labels of several an image.

    Args:
        probs: probabilities of a yes. Shape [rows, labels].
        answers: 1 for a yes, 0 for a no. Shape [rows, labels].
    """

    def __init__(self, probs: Rows, answers: npt.NDArray[np.number]) -> None:
        rows, self._labels = probs.shape
        gaps = np.asarray(probs, np.float64) - answers
        places = bin_of(probs).ravel(), np.repeat(np.arange(rows), self._labels)
        self._gap_in_bin = csr_array((gaps.ravel(), places), shape=(CALIBRATION_BINS, rows))

    def __call__(self, weights: Array) -> dict[str, Array]:
        """`ece`: gap of mean probability and share of yes in 15 bins of equal width.

        Shapes: weights [rows, resamples] -> [resamples].
        """
        gaps = np.abs(self._gap_in_bin @ weights).sum(axis=0)
        return {"ece": gaps / (weights.sum(axis=0) * self._labels)}
