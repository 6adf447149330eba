"""Split conformal prediction: sets of classes and intervals of numbers with a given coverage.

Scores of held-out rows say how strange each label is. A new label is kept if its score is at most
the ceil((n + 1) · coverage)-th smallest of n. Where the new row is exchangeable with the held-out
ones, it is kept with at least that probability, whatever the model is.

References: Vovk et al. 2005, Algorithmic Learning in a Random World; Angelopoulos and Bates 2021,
arXiv:2107.07511.
"""

from math import ceil

import numpy as np
import numpy.typing as npt

from bnnc.runtime.prediction.regression_prediction import INTERVALS, NumberPrediction
from bnnc.specs.calibration import IntervalMethod, PredictionSets, rows_for_coverage

Array = npt.NDArray[np.float64]


def conformal_quantile(scores: Array, coverage: float) -> Array:
    """The score that a new one is at most with a probability of at least `coverage`.

    Shapes: [rows, ...] -> [...].
    Raises: ValueError for fewer rows than `rows_for_coverage` says.
    """
    rows = len(scores)
    place = ceil((rows + 1) * coverage - 1e-9)
    if place > rows:
        raise ValueError(
            f"Expected at least {rows_for_coverage(coverage)} rows for a coverage of {coverage:g}. "
            f"Received: {rows} rows"
        )
    return np.asarray(np.sort(scores, axis=0)[place - 1])


def class_scores(sets: PredictionSets, probs: npt.NDArray[np.floating]) -> Array:
    """How strange each class of each row is. Shapes: [rows, classes] -> [rows, classes].

    lac: 1 less the probability (Sadinle et al. 2019, arXiv:1609.00451).
    aps: the total probability of the more likely classes (Romano et al. 2020, arXiv:2006.02544).
        Nothing is random: the most likely class has score 0, so that no set is empty, and sets are
        larger than needed where that class alone reaches the coverage.
    raps: as aps, and the penalty for each class beyond those without one (Angelopoulos et al.
        2021, arXiv:2009.14193).
    """
    probs = np.asarray(probs, np.float64)
    if sets.method == "lac":
        return np.asarray(1 - probs, np.float64)
    order = np.argsort(-probs, axis=-1, kind="stable")
    ordered = np.take_along_axis(probs, order, axis=-1)
    before = np.cumsum(ordered, axis=-1) - ordered
    before[:, 0] = 0
    if sets.method == "raps":
        ranks = np.arange(1, probs.shape[-1] + 1)
        before += sets.penalty * np.maximum(ranks - sets.unpenalized, 0)
    scores: Array = np.empty_like(before)
    np.put_along_axis(scores, order, before, axis=-1)
    return scores


def label_scores(
    sets: PredictionSets, probs: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]
) -> Array:
    """The scores of the labels. Shapes: [rows, classes], class indices [rows] -> [rows]."""
    return np.asarray(class_scores(sets, probs)[np.arange(len(labels)), labels])


def number_scores(
    method: IntervalMethod, coverage: float, prediction: NumberPrediction, labels: Array
) -> Array:
    """How strange each number is. Shapes: labels as the prediction's mean -> the same.

    absolute: distance from the mean. normalized: that in standard deviations. cqr: distance outside
    the central interval, negative inside (Romano et al. 2019, arXiv:1905.03222).
    """
    if method == "cqr":
        low, high = central_interval(prediction, coverage)
        return np.asarray(np.maximum(low - labels, labels - high))
    distance = np.abs(labels - prediction.mean.astype(np.float64))
    return np.asarray(distance / _std(prediction) if method == "normalized" else distance)


def interval_of(
    method: IntervalMethod, coverage: float, prediction: NumberPrediction, threshold: Array
) -> npt.NDArray[np.float32]:
    """Lower and upper ends of the numbers whose scores are at most the threshold.

    Shapes: a threshold for each number of an image -> [2, rows] or [2, rows, numbers]. An interval
    without a number, as `cqr` may have, is the point in the middle.
    """
    if method == "cqr":
        low, high = central_interval(prediction, coverage)
        low, high = low - threshold, high + threshold
        middle = (low + high) / 2
        low, high = np.minimum(low, middle), np.maximum(high, middle)
    else:
        mean = prediction.mean.astype(np.float64)
        width = threshold * _std(prediction) if method == "normalized" else threshold
        low, high = mean - width, mean + width
    # Rounded outwards: a label at an end is inside.
    return np.stack(
        [
            np.nextafter(low.astype(np.float32), np.float32(-np.inf)),
            np.nextafter(high.astype(np.float32), np.float32(np.inf)),
        ]
    )


def central_interval(prediction: NumberPrediction, coverage: float) -> tuple[Array, Array]:
    """The central interval of the prediction whose share is nearest to the coverage."""
    share = min(INTERVALS, key=lambda one: abs(one - coverage))
    low, high = prediction.interval(share)
    return low.astype(np.float64), high.astype(np.float64)


def _std(prediction: NumberPrediction) -> Array:
    return np.maximum(prediction.std.astype(np.float64), np.finfo(np.float32).tiny)
