"""Figures of predicted numbers against labels, each with its standard error."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from bnnc.runtime.evaluation.bootstrap import Array, RowMeans, deviation, resampled, value_of
from bnnc.runtime.evaluation.result import Evaluation
from bnnc.runtime.prediction.regression_prediction import INTERVALS, NumberScores

PIT_BINS: Final = 20


def evaluate_numbers(scores: NumberScores, *, resamples: int, tables: bool = True) -> Evaluation:
    """Figures, standard errors and tables of a prediction of numbers.

    Returns:
        nll: mean of minus the log-density of an image's label under the mixture, in nats.
        rmse, mae: root mean squared and mean absolute error of the mean.
        crps: mean continuous ranked probability score, in the label's units.
        coverage_50, coverage_90, coverage_95: share of the labels inside the central interval with
            that share of the mass, its ends included.
        sharpness_50, sharpness_90, sharpness_95: mean width of that interval, in the label's units
            (Gneiting et al. 2007).
        interval_score_50, interval_score_90, interval_score_95: mean of its width, and of 2 / (1 -
            share) times the distance of a label that is outside; lower is better (Gneiting and
            Raftery 2007, section 6.2).
        aleatoric_std, epistemic_std: roots of the mean variances.

    The table `pit` is the histogram of the probability integral transform, the distribution function
    at the label: flat where the predictions are calibrated. Of whole numbers it is the non-randomised
    one of Czado et al. 2009.
    """
    prediction, labels = scores.prediction, scores.labels
    shape = labels.shape
    error = prediction.mean.astype(np.float64).reshape(shape) - labels
    by_row: dict[str, Array] = {
        "nll": -np.asarray(scores.log_probs, np.float64),
        "squared": error**2,
        "mae": np.abs(error),
        "crps": scores.crps,
    }
    intervals = {}
    for share in INTERVALS:
        low, high = (one.astype(np.float64).reshape(shape) for one in prediction.interval(share))
        outside = np.maximum(low - labels, 0) + np.maximum(labels - high, 0)
        intervals[f"{share * 100:.0f}"] = {
            "coverage": ((low <= labels) & (labels <= high)).astype(np.float64),
            "sharpness": high - low,
            "interval_score": high - low + 2 / (1 - share) * outside,
        }
    for name in ("coverage", "sharpness", "interval_score"):
        by_row |= {f"{name}_{share}": values[name] for share, values in intervals.items()}
    for name in ("aleatoric_std", "epistemic_std"):
        by_row[name] = getattr(prediction, name).astype(np.float64).reshape(shape) ** 2
    pit = pit_by_bin(scores.below, scores.at_most)
    of_pit = {f"pit {place}": pit[:, place] for place in range(PIT_BINS)}
    # Of several numbers an image, its mean: the bootstrap draws whole images.
    means = RowMeans(
        {
            name: values if values.ndim == 1 else values.mean(axis=1)
            for name, values in {**by_row, **of_pit}.items()
        }
    )

    def statistics(weights: Array) -> dict[str, Array]:
        made = means(weights)
        roots = {name: np.sqrt(made[name]) for name in ("aleatoric_std", "epistemic_std")}
        return {**made, "squared": np.sqrt(made["squared"]), **roots}

    values = value_of(statistics, len(labels))
    drawn = resampled(statistics, len(labels), resamples=resamples) if resamples else {}
    errors = {name: deviation(one) for name, one in drawn.items()}
    made: dict[str, Any] = {"pit": _pit_table(values, errors)} if tables else {}
    return Evaluation(
        {name: float(one) for name, one in _figures(values).items()},
        {name: float(one) for name, one in _figures(errors).items()},
        made,
        resampled=_figures(drawn),
    )


def pit_by_bin(below: Array, at_most: Array) -> Array:
    """Share of each row's probability integral transform in each of 20 bins of equal width.

    Shapes: probabilities of less than the label, and of at most the label, [rows, columns] ->
        [rows, 20], the mean over the columns; each row sums to 1.
    """
    edges = np.linspace(0, 1, PIT_BINS + 1)[:, np.newaxis, np.newaxis]
    width = at_most - below
    spread = np.divide(
        edges - below, width, out=np.zeros((PIT_BINS + 1, *width.shape)), where=width > 0
    )
    cumulated = np.where(width > 0, np.clip(spread, 0, 1), at_most <= edges)
    cumulated[0], cumulated[-1] = 0, 1
    return np.asarray(np.diff(cumulated, axis=0).mean(axis=-1).T)


def _figures(values: Mapping[str, Array]) -> dict[str, Array]:
    """The figures in their order, without the bins of the histogram."""
    names = ["rmse" if name == "squared" else name for name in values]
    return {
        name: value
        for name, value in zip(names, values.values(), strict=True)
        if not name.startswith("pit ")
    }


def _pit_table(values: Mapping[str, Array], errors: Mapping[str, Array]) -> list[dict[str, Any]]:
    return [
        {
            "from": place / PIT_BINS,
            "to": (place + 1) / PIT_BINS,
            "share": float(values[f"pit {place}"]),
            **({"standard_error": float(errors[f"pit {place}"])} if errors else {}),
        }
        for place in range(PIT_BINS)
    ]
