"""Figures of predicted numbers: against the labels, and the probability integral transform."""

from typing import Any

import numpy as np

from bnnc.errors import ArgumentError
from bnnc.runtime.evaluation.result import Evaluation, Predictions
from bnnc.runtime.figures.style import BLUE, INK, MUTED, axes_or_new, grid, legend, table_of
from bnnc.runtime.prediction.regression_prediction import NumberPrediction

# More intervals than that hide each other.
SHOWN = 200


def predicted_against_true(evaluation: Evaluation, ax: Any = None, *, share: float = 0.9) -> Any:
    """Predicted mean and central interval over the label, of at most 200 images.

    The images are taken evenly from all, in the order of their labels. Those with the same label
    are drawn next to each other. Of several numbers an image, it is the first.

    Args:
        evaluation: of a model of numbers, made with `keep_predictions=True`.
        ax: matplotlib axes to draw on; new ones if None.
        share: of the mass inside the interval: 0.5, 0.9 or 0.95.

    Returns: the axes.
    Raises: ArgumentError for another evaluation, or another share.
    """
    kept, prediction = numbers_of(evaluation)
    low, high = (_first(one) for one in prediction.interval(share))
    ax = axes_or_new(ax)
    labels, means = _first(kept.labels), _first(prediction.mean)
    order = np.argsort(labels, kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, SHOWN).round().astype(int))]
    labels, means, low, high = (one[chosen] for one in (labels, means, low, high))
    places = _spread(labels)
    ends = [float(min(labels.min(), low.min())), float(max(labels.max(), high.max()))]
    ax.plot(ends, ends, color=MUTED, linestyle="--", linewidth=1, label="prediction = label")
    ax.vlines(
        places, low, high, color=BLUE, alpha=0.35, linewidth=1.5, label=f"{share:.0%} interval"
    )
    ax.plot(places, means, color=BLUE, marker="o", markersize=3, linestyle="", label="mean")
    ax.set(xlabel="label", ylabel="prediction")
    grid(ax)
    legend(ax)
    return ax


def pit(evaluation: Evaluation, ax: Any = None) -> Any:
    """Histogram of the predicted distribution function at the label; flat if it is calibrated.

    The error bars are one standard error, by the bootstrap over the images.

    Args:
        evaluation: of a model of numbers.
        ax: matplotlib axes to draw on; new ones if None.

    Returns: the axes.
    Raises: ArgumentError for an evaluation without the table.
    """
    bins = table_of(evaluation, "pit")
    ax = axes_or_new(ax)
    width = bins[0]["to"] - bins[0]["from"]
    errors = [one.get("standard_error", 0.0) for one in bins]
    places = [one["from"] + width / 2 for one in bins]
    shares = [one["share"] for one in bins]
    ax.bar(places, shares, 0.92 * width, color=BLUE, alpha=0.75, label="share of the images")
    if any(errors):
        ax.errorbar(places, shares, errors, color=INK, linestyle="", linewidth=1)
    ax.axhline(1 / len(bins), color=MUTED, linestyle="--", linewidth=1, label="calibrated")
    ax.set(xlim=(0, 1), xlabel="probability integral transform", ylabel="share of the images")
    ax.set_ylim(bottom=0)
    legend(ax)
    return ax


def numbers_of(evaluation: Evaluation) -> tuple[Predictions, NumberPrediction]:
    """The kept predictions of numbers. Raises: ArgumentError if there are none."""
    kept = evaluation.predictions
    if kept is None:
        raise ArgumentError(
            "Expected an evaluation made with `keep_predictions=True`. Received: one without "
            "predictions"
        )
    if not isinstance(kept.prediction, NumberPrediction):
        raise ArgumentError(
            "Expected an evaluation of a model of numbers. "
            f"Received: one with a {type(kept.prediction).__name__}"
        )
    return kept, kept.prediction


def _spread(labels: Any) -> Any:
    """Where images are drawn: at their labels, those of the same label next to each other.

    Shapes: sorted labels [images] -> [images].
    """
    known, starts, counts = np.unique(labels, return_index=True, return_counts=True)
    room = 0.7 * np.diff(known).min() if len(known) > 1 else 1.0
    ranks = np.arange(len(labels)) - np.repeat(starts, counts)
    sizes = np.repeat(counts, counts)
    return labels + room * ((ranks + 0.5) / sizes - 0.5) * (sizes > 1)


def _first(values: Any) -> Any:
    """The first number of each row."""
    return np.asarray(values, np.float64).reshape(len(values), -1)[:, 0]
