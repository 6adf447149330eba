"""Figures of predicted classes: reliability, risk and coverage, confusion."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bnnc.runtime.evaluation.result import Evaluation
from bnnc.runtime.figures.style import (
    BLUE,
    FAINT,
    INK,
    MUTED,
    ORANGE,
    axes_or_new,
    grid,
    legend,
    plain,
    require_matplotlib,
    table_of,
)

# Of more classes, the matrix has no numbers, and of still more no names.
_MOST_WITH_NUMBERS, _MOST_WITH_NAMES = 12, 30


def reliability(evaluation: Evaluation, ax: Any = None) -> Any:
    """Accuracy over confidence, in 15 bins of equal width, with the share of the images in each.

    The error bars are one binomial standard error of the accuracy, after one right and one wrong
    image more: a bin with few images is not taken for certain.

    Args:
        evaluation: of a model of classes.
        ax: matplotlib axes to draw on; new ones if None.

    Returns: the axes.
    Raises: ArgumentError for an evaluation without the table.
    """
    bins = table_of(evaluation, "reliability")
    ax = axes_or_new(ax)
    rows = sum(one["rows"] for one in bins)
    width = bins[0]["to"] - bins[0]["from"]
    filled = [one for one in bins if one["rows"]]
    confidence, accuracy = (
        np.array([one[name] for one in filled]) for name in ("confidence", "accuracy")
    )
    sizes = np.array([one["rows"] for one in filled])
    share = (accuracy * sizes + 1) / (sizes + 2)
    errors = np.sqrt(share * (1 - share) / (sizes + 2))
    ax.bar(
        [one["from"] for one in bins],
        [one["rows"] / rows for one in bins],
        width,
        align="edge",
        color=FAINT,
        label="share of the images",
    )
    ax.plot([0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1, label="calibrated")
    ax.vlines(confidence, accuracy, confidence, color=ORANGE, linewidth=2.5, label="gap")
    ax.errorbar(
        confidence,
        accuracy,
        errors,
        color=BLUE,
        marker="o",
        linestyle="",
        capsize=2,
        label="accuracy",
    )
    ax.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="accuracy")
    legend(ax, 2)
    return ax


def risk_coverage(evaluation: Evaluation, ax: Any = None) -> Any:
    """Share of errors among the most confident images, over the share that is answered.

    Args: as of `reliability`.
    Returns: the axes.
    Raises: ArgumentError for an evaluation without the table.
    """
    curve = table_of(evaluation, "risk_and_coverage")
    ax = axes_or_new(ax)
    coverage, risk = curve["coverage"], curve["risk"]
    ax.plot(coverage, risk, color=BLUE, linewidth=2, label="most confident images first")
    ax.axhline(risk[-1], color=MUTED, linestyle="--", linewidth=1, label="images in a random order")
    at = evaluation.get("coverage_at_5_risk")
    if at is not None and 0 < at < 1:
        ax.plot([at], [0.05], marker="D", color=ORANGE, linestyle="", label="5 % risk")
    ax.set(xlim=(0, 1.01), xlabel="coverage", ylabel="risk")
    ax.set_ylim(0, max(1.15 * max(risk), 0.01))
    grid(ax)
    legend(ax, 1)
    return ax


def confusion(evaluation: Evaluation, ax: Any = None, *, names: Sequence[str] | None = None) -> Any:
    """Counts of images by their class (row) and the predicted class (column).

    The colour is the share of the row's images; its scale is a square root, so that rare errors
    are seen next to the diagonal.

    Args:
        evaluation, ax: as of `reliability`.
        names: names of the classes; those of the evaluation if None.

    Returns: the axes.
    Raises: ArgumentError for an evaluation without the table.
    """
    counts = np.asarray(table_of(evaluation, "confusion"), np.int64)
    if names is None:
        names = [one["class"] for one in evaluation.tables["classes"]]
    classes = len(counts)
    ax = axes_or_new(ax, height=4.6)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(np.sqrt(shares), cmap=_transparent_to(BLUE), vmin=0, vmax=1, interpolation="nearest")
    if classes <= _MOST_WITH_NUMBERS:
        for row, column in zip(*np.nonzero(counts), strict=True):
            is_dark = np.sqrt(shares[row, column]) > 0.55
            ax.text(
                column,
                row,
                f"{counts[row, column]}",
                ha="center",
                va="center",
                color="white" if is_dark else INK,
                fontsize=9,
            )
    if classes <= _MOST_WITH_NAMES:
        shown = [plain(one if len(one) <= 14 else f"{one[:13]}…") for one in names]
        upright = max(map(len, shown)) > 2
        ax.set_xticks(range(classes), shown, rotation=90 if upright else 0, fontsize=9)
        ax.set_yticks(range(classes), shown, fontsize=9)
    ax.set(xlabel="predicted class", ylabel="class")
    return ax


def _transparent_to(color: str) -> Any:
    """A scale from nothing to a colour, which shows the page behind it: light or dark."""
    colors = require_matplotlib().colors
    red, green, blue = colors.to_rgb(color)
    ends = [(red, green, blue, 0.0), (red, green, blue, 1.0)]
    return colors.LinearSegmentedColormap.from_list("bnnc", ends)
