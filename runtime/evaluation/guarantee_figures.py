"""Figures of prediction sets, of rejection and of conformal intervals, with standard errors."""

import numpy as np
import numpy.typing as npt

from bnnc.runtime.evaluation.bootstrap import Array, RowMeans, standard_errors, value_of
from bnnc.runtime.evaluation.result import Evaluation
from bnnc.runtime.prediction.prediction import Prediction
from bnnc.runtime.prediction.regression_prediction import NumberPrediction


def set_figures(
    prediction: Prediction, labels: npt.NDArray[np.integer], *, resamples: int
) -> Evaluation:
    """Figures of the sets and of the rejection that a prediction has.

    Shapes: labels, class indices, [rows].

    Returns:
        set_coverage: share of the rows whose label is in their set.
        mean_set_size: mean number of classes in a set; empty_sets: share of the sets that are empty.
        rejected: share of the rows that are rejected.
        accepted_error: share of the others whose likeliest class is wrong; left out of none.
    """
    by_row: dict[str, npt.NDArray[np.floating]] = {}
    if prediction.sets is not None:
        sizes = prediction.sets.sum(axis=-1)
        inside = prediction.sets[np.arange(len(labels)), labels]
        by_row["set_coverage"] = inside.astype(np.float64)
        by_row["mean_set_size"] = sizes.astype(np.float64)
        by_row["empty_sets"] = (sizes == 0).astype(np.float64)
    if prediction.rejected is not None:
        wrong = prediction.label != labels
        by_row["rejected"] = prediction.rejected.astype(np.float64)
        by_row["accepted_error"] = (wrong & ~prediction.rejected).astype(np.float64)
    return _means(by_row, resamples)


def interval_figures(
    prediction: NumberPrediction, labels: npt.NDArray[np.floating], *, resamples: int
) -> Evaluation:
    """Figures of the conformal intervals that a prediction has. Shapes: labels [rows, numbers].

    Returns:
        interval_coverage: share of the labels inside their interval, its ends included.
        interval_width: mean width of an interval, in the label's units.
    """
    if prediction.conformal_interval is None:
        return Evaluation({})
    low, high = (one.reshape(labels.shape) for one in prediction.conformal_interval)
    inside = (low <= labels) & (labels <= high)
    return _means(
        {"interval_coverage": inside.mean(axis=1), "interval_width": (high - low).mean(axis=1)},
        resamples,
    )


def _means(by_row: dict[str, npt.NDArray[np.floating]], resamples: int) -> Evaluation:
    if not by_row:
        return Evaluation({})
    means = RowMeans(by_row)
    rows = len(next(iter(by_row.values())))

    def statistics(weights: Array) -> dict[str, Array]:
        made = means(weights)
        if "accepted_error" in made:
            with np.errstate(invalid="ignore", divide="ignore"):
                made["accepted_error"] = made["accepted_error"] / (1 - made["rejected"])
        return made

    values = {name: float(one) for name, one in value_of(statistics, rows).items()}
    values = {name: one for name, one in values.items() if np.isfinite(one)}
    errors = standard_errors(statistics, rows, resamples=resamples) if resamples else {}
    return Evaluation(values, {name: float(errors[name]) for name in values if name in errors})
