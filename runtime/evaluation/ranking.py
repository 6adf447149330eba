"""How well scores rank rows: ROC, precision and recall, risk and coverage.

Every function of weights takes those of many resamples at once, as `bootstrap` describes. Rows with
the same score are one group: no threshold divides them.
"""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from bnnc.runtime.evaluation.bootstrap import Array

# The share of the positive rows at which the false positive rate is taken.
TRUE_POSITIVE_RATE = 0.95
COVERAGE = 0.8
RISK = 0.05


class Groups:
    """Rows from the highest to the lowest score, in groups that no threshold divides.

    Rows with the same score are one group. Neighbouring groups without a counted row are one too:
    between two counted rows nothing changes but the number of the others, and so the statistics of
    this module are exact on far fewer groups than rows.

    Args:
        scores: Shape [rows].
        counted: the rows that are counted by themselves. Shape [rows].

    Attributes:
        sizes: sparse matrix [groups, rows] that sums weights over each group.
        counts: the same for the counted rows alone.
    """

    def __init__(self, scores: npt.NDArray[np.floating], counted: npt.NDArray[np.bool_]) -> None:
        order = np.argsort(-np.asarray(scores, np.float64), kind="stable")
        ranked, found = np.asarray(scores)[order], np.asarray(counted, np.float64)[order]
        ends = np.flatnonzero(np.concatenate([ranked[1:] != ranked[:-1], [True]]))
        of_group = np.diff(np.cumsum(found)[ends], prepend=0)
        is_last = np.concatenate([(of_group[1:] > 0) | (of_group[:-1] > 0), [True]])
        bounds = np.concatenate([[0], ends[is_last] + 1])
        shape = (len(bounds) - 1, len(order))
        self.sizes = csr_array((np.ones(len(order)), order, bounds), shape=shape)
        self.counts = csr_array((found, order.copy(), bounds.copy()), shape=shape)
        self.counts.eliminate_zeros()

    def cumulated(self, weights: Array) -> tuple[Array, Array]:
        """Weights of all rows and of the counted ones, up to each group's end.

        Shapes: [rows, resamples] -> two of [groups, resamples].
        """
        return np.cumsum(self.sizes @ weights, axis=0), np.cumsum(self.counts @ weights, axis=0)


class Detection:
    """How well a score finds the positive rows.

    Args:
        scores: higher for rows that are more likely positive. Shape [rows].
        positive: the rows to find. Shape [rows].
    """

    def __init__(self, scores: npt.NDArray[np.floating], positive: npt.NDArray[np.bool_]) -> None:
        self._groups = Groups(scores, positive)

    def __call__(self, weights: Array) -> dict[str, Array]:
        """Areas and the rate of false alarms.

        Shapes: weights [rows, resamples] -> [resamples] each, NaN where a resample has no positive
            or no negative row.

        Returns:
            auroc: probability that a positive row has a higher score than a negative one, a tie
                counting half (the area under the ROC curve).
            average_precision: the sum of the precisions at each threshold, weighted by what the
                recall gains there (the area under the precision-recall curve).
            fpr95: share of the negative rows at or above the highest threshold that finds 95 % of
                the positive ones.
        """
        both, found = self._groups.cumulated(weights)
        alarms = both - found
        with np.errstate(invalid="ignore", divide="ignore"):
            recall, rate = found / found[-1], alarms / alarms[-1]
            gained = np.diff(recall, axis=0, prepend=0.0)
            area = np.sum(np.diff(rate, axis=0, prepend=0.0) * (recall - gained / 2), axis=0)
            precision = np.divide(found, both, out=np.zeros_like(found), where=both > 0)
            average = np.sum(gained * precision, axis=0)
        # Whole numbers of rows: a share of 0.95 that rounding has made smaller is one.
        enough = np.argmax(found >= TRUE_POSITIVE_RATE * found[-1] - 1e-6, axis=0)
        at = np.take_along_axis(rate, enough[np.newaxis], axis=0)[0]
        known = (found[-1] > 0) & (alarms[-1] > 0)
        return {
            "auroc": np.where(known, area, np.nan),
            "average_precision": np.where(known, average, np.nan),
            "fpr95": np.where(known, at, np.nan),
        }


class RiskAndCoverage:
    """What the errors are if the model answers for its most confident rows alone.

    The coverage is the share of the rows that are answered, the risk the share of those that is
    wrong.

    Args:
        confidence: higher for rows that are answered first. Shape [rows].
        wrong: whether the answer is wrong. Shape [rows].

    References: El-Yaniv and Wiener 2010; Geifman et al. 2019, arXiv:1805.08206; Traub et al. 2024,
        arXiv:2407.01032.
    """

    def __init__(self, confidence: npt.NDArray[np.floating], wrong: npt.NDArray[np.bool_]) -> None:
        self._groups = Groups(confidence, wrong)
        self._rows = len(wrong)
        # The sums of 1/1 to 1/k, for k from 0 to the rows.
        self._harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, len(wrong) + 1))])

    def __call__(self, weights: Array) -> dict[str, Array]:
        """Figures of the curve.

        Shapes: weights [rows, resamples], whole numbers that sum to the rows -> [resamples] each.

        Returns:
            aurc: mean, over the ranks of all rows, of the risk of the rows up to that rank. Of tied
                rows it is the mean over their orders, in closed form.
            augrc: area under the curve of the generalised risk, the share of all rows that is
                answered and wrong, over the coverage. From 0 to 0.5.
            risk_at_80_coverage: risk of the most confident 80 % of the rows.
            coverage_at_5_risk: largest coverage of a threshold whose risk is at most 5 %.
            error_auroc: probability that a wrong row is less confident than a right one, a tie
                counting half; NaN where no row is wrong, or every one is.
        """
        covered, failed = self._groups.cumulated(weights)
        rows, failures = covered[-1], failed[-1]
        before, failed_before = _shifted(covered), _shifted(failed)
        count, errors = covered - before, failed - failed_before
        share = np.divide(errors, count, out=np.zeros_like(errors), where=count > 0)
        # Of the j-th of the tied rows the risk is (failed_before + j share) / (before + j).
        harmonic = self._harmonic[np.rint(covered).astype(np.intp)]
        gained = np.diff(harmonic, axis=0, prepend=0.0)
        aurc = failures + np.sum((failed_before - before * share) * gained, axis=0)
        # Twice the area, in squared rows, by the trapezoidal rule: it is exact within a group.
        double = np.sum(count * (failed + failed_before), axis=0)
        answered = np.ceil(COVERAGE * rows - 1e-9)
        place = np.sum(covered < answered, axis=0)[np.newaxis]
        at = [np.take_along_axis(one, place, axis=0)[0] for one in (failed_before, before, share)]
        low = failed <= RISK * covered + 1e-9
        with np.errstate(invalid="ignore", divide="ignore"):
            # The area counts each pair of a wrong row and a right one that is less confident, and
            # half of all pairs of two wrong ones.
            correct = rows - failures
            pairs = (double - failures**2) / 2
            error_auroc = 1 - pairs / (correct * failures)
        return {
            "aurc": aurc / rows,
            "augrc": double / (2 * rows**2),
            "risk_at_80_coverage": (at[0] + (answered - at[1]) * at[2]) / answered,
            "coverage_at_5_risk": np.max(np.where(low, covered, 0.0), axis=0) / rows,
            "error_auroc": error_auroc,
        }

    def curve(self, points: int = 100) -> dict[str, list[float]]:
        """The curve at so many coverages at most, from the most confident rows to all of them."""
        covered, failed = (one[:, 0] for one in self._groups.cumulated(np.ones((self._rows, 1))))
        places = np.unique(np.searchsorted(covered, np.linspace(0, covered[-1], points + 1)[1:]))
        return {
            "coverage": (covered[places] / covered[-1]).tolist(),
            "risk": (failed[places] / covered[places]).tolist(),
        }


def _shifted(cumulated: Array) -> Array:
    """What is there before each group."""
    return np.concatenate([np.zeros_like(cumulated[:1]), cumulated[:-1]])
