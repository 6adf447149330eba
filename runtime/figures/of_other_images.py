"""Figures of images of another kind: histograms of scores, and corruptions by severity."""

from typing import Any

from bnnc.errors import ArgumentError
from bnnc.runtime.evaluation.result import Evaluation
from bnnc.runtime.figures.style import BLUE, CURVES, ORANGE, axes_or_new, grid, legend, plain, words

UNITS = {
    "confidence": "1 − confidence",
    "entropy": "entropy, nats",
    "mutual_information": "mutual information, nats",
    "energy": "energy, nats",
    "std": "standard deviation",
    "epistemic_std": "epistemic standard deviation",
}


def ood(
    evaluation: Evaluation, ax: Any = None, *, source: str | None = None, score: str | None = None
) -> Any:
    """Histograms of a score, of the test images and of images of another data set.

    Args:
        evaluation: made with `ood=...`.
        ax: matplotlib axes to draw on; new ones if None.
        source: name of the other data; the first if None.
        score: name of the score; the one with the highest AUROC if None.

    Returns: the axes.
    Raises: ArgumentError for an evaluation without `ood`, or names that it does not have.
    """
    source, score = _chosen(evaluation, source, score)
    found = evaluation.ood[source]["scores"][score]
    ax = axes_or_new(ax)
    histogram = found["histogram"]
    for shares, color, line, label in (
        (histogram["test"], BLUE, "-", "test images"),
        (histogram["other"], ORANGE, "--", plain(source)),
    ):
        ax.stairs(shares, histogram["edges"], fill=True, color=color, alpha=0.3)
        ax.stairs(
            shares, histogram["edges"], color=color, linestyle=line, linewidth=1.6, label=label
        )
    ax.set(xlabel=UNITS.get(score, words(score)), ylabel="share of the images")
    ax.set_ylim(bottom=0)
    legend(ax)
    return ax


def best_score(evaluation: Evaluation, source: str) -> str:
    """The score with the highest AUROC for a source."""
    scores: dict[str, Any] = evaluation.ood[source]["scores"]
    return max(scores, key=lambda name: float(scores[name]["auroc"]))


def _chosen(evaluation: Evaluation, source: str | None, score: str | None) -> tuple[str, str]:
    if not evaluation.ood:
        raise ArgumentError(
            "Expected an evaluation made with `ood=...`. Received: one without other images"
        )
    source = next(iter(evaluation.ood)) if source is None else source
    if source not in evaluation.ood:
        raise ArgumentError(
            f"Expected `source` to be one of {', '.join(evaluation.ood)}. Received: {source!r}"
        )
    scores = evaluation.ood[source]["scores"]
    score = best_score(evaluation, source) if score is None else score
    if score not in scores:
        raise ArgumentError(
            f"Expected `score` to be one of {', '.join(scores)}. Received: {score!r}"
        )
    return source, score


def shift(evaluation: Evaluation, ax: Any = None, *, figure: str | None = None) -> Any:
    """A figure of corrupted images over the severity of the corruption; severity 0 is none.

    Args:
        evaluation: made with `shift=...`.
        ax: matplotlib axes to draw on; new ones if None.
        figure: its name, as `accuracy`; the first if None.

    Returns: the axes.
    Raises: ArgumentError for an evaluation without `shift`, or a figure that it does not have.
    """
    known = shift_figures(evaluation)
    if not known:
        raise ArgumentError(
            "Expected an evaluation made with `shift=True`. Received: one without corrupted images"
        )
    figure = known[0] if figure is None else figure
    if figure not in known:
        raise ArgumentError(
            f"Expected `figure` to be one of {', '.join(known)}. Received: {figure!r}"
        )
    ax = axes_or_new(ax, height=4.4)
    for place, (name, found) in enumerate(evaluation.shift.items()):
        color, marker = CURVES[place % len(CURVES)]
        values = [evaluation[figure], *found[figure]]
        errors = found["standard_errors"].get(figure)
        ax.errorbar(
            range(len(values)),
            values,
            None if errors is None else [evaluation.standard_errors.get(figure, 0.0), *errors],
            color=color,
            marker=marker,
            markersize=5,
            linewidth=1.4,
            capsize=2,
            label=words(name),
        )
    ax.set(xlabel="severity", ylabel=words(figure))
    grid(ax, "y")
    legend(ax, 2)
    return ax


def shift_figures(evaluation: Evaluation) -> list[str]:
    """The figures that corrupted images were evaluated by."""
    first: dict[str, Any] = next(iter(evaluation.shift.values()), {})
    return [name for name in first if name != "standard_errors"]
