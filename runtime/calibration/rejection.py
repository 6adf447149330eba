"""Reject the least confident images, so that few of the answers to the others are wrong."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from bnnc.specs.calibration import REJECTION_CANDIDATES, Rejection

REJECTS_ALL: Final = float("inf")
ACCEPTS_ALL: Final = 0.0


def confidence_threshold(
    rejection: Rejection, confidence: npt.NDArray[np.floating], right: npt.NDArray[np.bool_]
) -> float:
    """The confidence that images need to be accepted.

    The candidates are the thresholds that accept 5 %, 10 %, ... and all of the rows. Of the rows
    above the k-th largest confidence, given that confidence, errors are binomial with the error of
    all images above it. The lowest threshold is taken for which an error of more than the risk is
    refuted at `delta` / 20: one of 20 tests is wrong with a probability of at most `delta`.

    Shapes: [rows], [rows].
    Returns: 0 to accept all images; infinity if no threshold is good enough.
    References: Geifman and El-Yaniv 2017, arXiv:1705.08500; Angelopoulos et al. 2021,
        arXiv:2110.01052.
    """
    rows = len(confidence)
    ordered = np.sort(confidence)[::-1]
    for step in range(REJECTION_CANDIDATES, 0, -1):
        kept = rows * step // REJECTION_CANDIDATES
        threshold = ACCEPTS_ALL if kept == rows else float(ordered[kept])
        accepted = confidence > threshold
        count, errors = int(accepted.sum()), int((accepted & ~right).sum())
        level = rejection.delta / REJECTION_CANDIDATES
        if count and binom.cdf(errors, count, rejection.risk) <= level:
            return threshold
    return REJECTS_ALL
