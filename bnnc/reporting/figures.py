"""The figures of a run in the order of the page, each with its caption and the table behind it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from bnnc.reporting.figure import ReportFigure
from bnnc.reporting.results import RunResults, TrainingResults
from bnnc.reporting.verdict import mean_confidence
from bnnc.runtime.evaluation.posterior import LEVELS
from bnnc.runtime.figures import of_classes, of_numbers, of_other_images, of_training
from bnnc.runtime.figures.of_other_images import best_score
from bnnc.runtime.figures.style import words
from bnnc.system.table import Table

_ROWS_OF_A_TABLE = 200


def figures(run: RunResults) -> Iterator[ReportFigure]:
    """All figures that the run has something to show in."""
    tables = run.evaluation.tables
    if "reliability" in tables:
        yield _reliability(run)
        yield _risk_coverage(run)
    if "confusion" in tables:
        yield _confusion(run)
    if "pit" in tables:
        yield _predicted_against_true(run)
        yield _pit(run)
    yield from (_ood(run, name) for name in run.evaluation.ood)
    yield from (_shift(run, name) for name in of_other_images.shift_figures(run.evaluation))
    yield from training_figures(run)


def training_figures(run: TrainingResults) -> Iterator[ReportFigure]:
    """Figures of the training and of the posterior, which need no evaluation."""
    yield from _training(run)
    if run.posteriors:
        yield from (_posterior(run, quantity) for quantity in of_training.QUANTITIES)


def _reliability(run: RunResults) -> ReportFigure:
    evaluation = run.evaluation
    bins = [one for one in evaluation.tables["reliability"] if one["rows"]]
    return ReportFigure(
        "reliability",
        "Calibration",
        "Reliability diagram",
        f"Accuracy over confidence in 15 bins. The mean confidence is "
        f"{mean_confidence(evaluation):.3f}, the accuracy {evaluation['accuracy']:.3f}, the ECE "
        f"{evaluation['ece']:.3f}.",
        "Points above the dashed line: the model is right more often than it says (too cautious). "
        "Below: less often (too confident). The gray bars say how many images each point stands for; "
        "the error bars are one standard error.",
        Table(
            "",
            ("confidence", "images", "mean confidence", "accuracy"),
            tuple(
                (
                    f"{one['from']:.3f} to {one['to']:.3f}",
                    f"{one['rows']:,}",
                    f"{one['confidence']:.4f}",
                    f"{one['accuracy']:.4f}",
                )
                for one in bins
            ),
        ),
        partial(of_classes.reliability, evaluation),
    )


def _risk_coverage(run: RunResults) -> ReportFigure:
    evaluation = run.evaluation
    curve = evaluation.tables["risk_and_coverage"]
    points = list(zip(curve["coverage"], curve["risk"], strict=True))
    return ReportFigure(
        "risk-coverage",
        "Calibration",
        "Risk against coverage",
        f"Share of errors over the share of the images that is answered. At 80 % coverage the risk "
        f"is {evaluation['risk_at_80_coverage']:.4f}, at full coverage {curve['risk'][-1]:.4f}.",
        "If the model answers only the images that it is most confident of, this share of the "
        "answers is wrong. A good uncertainty keeps the curve low until the right end; one that "
        "knows nothing of the errors follows the dashed line.",
        Table("", ("coverage", "risk"), tuple((f"{x:.4f}", f"{y:.4f}") for x, y in points)),
        partial(of_classes.risk_coverage, evaluation),
    )


def _confusion(run: RunResults) -> ReportFigure:
    evaluation = run.evaluation
    counts = np.asarray(evaluation.tables["confusion"])
    classes = evaluation.tables["classes"]
    names = [one["class"] for one in classes]
    wrong = counts - np.diag(np.diag(counts))
    most = np.unravel_index(int(wrong.argmax()), wrong.shape)
    told = f"Of {int(counts.sum()):,} images {int(wrong.sum()):,} are classified wrong."
    if wrong.any():
        told += (
            f" The most common confusion: {names[most[0]]} is taken for {names[most[1]]}, "
            f"{int(wrong[most])} times."
        )
    return ReportFigure(
        "confusion",
        "Classes",
        "Confusion matrix",
        told,
        "A row is a class of the label, a column a predicted class, a number a count of images. "
        "Everything beside the diagonal is an error. The colour is the share of the row, on the "
        "scale of a square root.",
        Table(
            "",
            ("class", "images", "precision", "recall", "F1"),
            tuple(
                (
                    one["class"],
                    f"{one['support']:,}",
                    *(f"{one[name]:.4f}" for name in ("precision", "recall", "f1")),
                )
                for one in classes[:_ROWS_OF_A_TABLE]
            ),
            below=_cut(len(classes), "classes"),
        ),
        partial(of_classes.confusion, evaluation),
        4.6,
    )


def _predicted_against_true(run: RunResults) -> ReportFigure:
    evaluation = run.evaluation
    kept, prediction = of_numbers.numbers_of(evaluation)
    low, high = prediction.interval(0.9)
    columns = [
        np.asarray(one, np.float64).reshape(len(prediction.mean), -1)[:, 0]
        for one in (kept.labels, prediction.mean, low, high)
    ]
    order = np.argsort(columns[0], kind="stable")
    step = max(len(order) // _ROWS_OF_A_TABLE, 1)
    rows = [tuple(f"{one[row]:.4g}" for one in columns) for row in order[::step][:_ROWS_OF_A_TABLE]]
    return ReportFigure(
        "predicted-against-true",
        "Predicted numbers",
        "Predicted against true",
        f"Predicted mean and 90 % interval over the label. The RMSE is {evaluation['rmse']:.3g}; the "
        f"intervals hold {100 * evaluation['coverage_90']:.1f} % of the labels.",
        f"Each point is an image, at most {of_numbers.SHOWN} of them, those with the same label next "
        "to each other. On the dashed line the prediction is right. Nine of ten intervals should "
        "touch it.",
        Table("", ("label", "mean", "lower 90 %", "upper 90 %"), tuple(rows), 0, below=_even(step)),
        partial(of_numbers.predicted_against_true, evaluation),
    )


def _pit(run: RunResults) -> ReportFigure:
    bins = run.evaluation.tables["pit"]
    shares = [one["share"] for one in bins]
    return ReportFigure(
        "pit",
        "Predicted numbers",
        "Probability integral transform",
        f"Histogram of {len(bins)} bins; calibrated predictions have {1 / len(bins):.3f} in each, "
        f"these have from {min(shares):.3f} to {max(shares):.3f}.",
        "How much of the predicted distribution lies below the label. Flat: calibrated. High at both "
        "ends: too certain. High in the middle: too cautious. Leaning to one side: too high or too "
        "low. The bars are one standard error.",
        Table(
            "",
            ("bin", "share", "standard error"),
            tuple(
                (
                    f"{one['from']:.2f} to {one['to']:.2f}",
                    f"{one['share']:.4f}",
                    f"{one.get('standard_error', float('nan')):.4f}",
                )
                for one in bins
            ),
        ),
        partial(of_numbers.pit, run.evaluation),
    )


def _ood(run: RunResults, name: str) -> ReportFigure:
    found, score = run.evaluation.ood[name], best_score(run.evaluation, name)
    values = found["scores"][score]
    spoken = score.replace("_", " ")
    place = list(run.evaluation.ood).index(name) + 1
    return ReportFigure(
        f"ood-{place}",
        "Images of another kind",
        f"Test images and {name}",
        f"Histograms of the {spoken} of the test images and of the {found['rows']:,} images of "
        f"{name}. The AUROC is {values['auroc']:.4f}.",
        f"The {spoken} of the prediction. The less the two overlap, the better the model notices that "
        "an image is of another kind. Shown is the score with the highest AUROC; the table has all.",
        Table(
            "",
            ("score", "AUROC", "AUPR", "FPR95"),
            tuple(
                (
                    one.replace("_", " "),
                    *(
                        _with_error(each[part], each["standard_errors"].get(part))
                        for part in ("auroc", "average_precision", "fpr95")
                    ),
                )
                for one, each in found["scores"].items()
            ),
            below=(f"AUPR of chance: {found['share']:.4f}",),
        ),
        partial(of_other_images.ood, run.evaluation, source=name, score=score),
    )


_SHIFT_CAPTIONS = {
    "accuracy": "How fast the accuracy falls as the images get worse. Severity 0 is the test images "
    "as they are.",
    "nll": "A model that becomes less certain as it becomes worse keeps the NLL near that of "
    "guessing; one that is wrong and certain goes far above it.",
    "ece": "If the ECE rises with the severity, the model does not notice that it becomes worse.",
    "coverage_90": "Nine of ten labels should be in the interval, in every severity.",
}


def _shift(run: RunResults, figure: str) -> ReportFigure:
    evaluation = run.evaluation
    clean = evaluation[figure]
    rows = tuple(
        (name.replace("_", " "), f"{clean:.4f}", *(f"{value:.4f}" for value in found[figure]))
        for name, found in evaluation.shift.items()
    )
    severities = tuple(map(str, range(len(rows[0]) - 1)))
    ends = {name: found[figure][-1] for name, found in evaluation.shift.items()}
    low, high = min(ends, key=lambda one: ends[one]), max(ends, key=lambda one: ends[one])
    title = words(figure)
    return ReportFigure(
        f"shift-{figure.replace('_', '-')}",
        "Corrupted images",
        f"{title[0].upper()}{title[1:]} over severity",
        f"{title} of corrupted images over five severities, from {clean:.3f} without corruption. In "
        f"severity 5 it is from {ends[low]:.3f} ({low.replace('_', ' ')}) to {ends[high]:.3f} "
        f"({high.replace('_', ' ')}).",
        _SHIFT_CAPTIONS.get(figure, "How fast the errors grow as the images get worse.")
        + " The bars are one standard error.",
        Table("", ("corruption", *severities), rows),
        partial(of_other_images.shift, evaluation, figure=figure),
        4.4,
    )


_TRAINING_CAPTIONS = {
    "loss": "What the training minimises: the NLL and the weighted KL.",
    "nll": "Negative log-likelihood of single weight draws, in nats an image. Validation above "
    "training and rising is overfitting.",
    "kl": "Divergence of the posterior from the prior, in nats. Near 0 the weights have learned "
    "nothing.",
}


def _training(run: TrainingResults) -> Iterator[ReportFigure]:
    history = run.history
    for metric in of_training.metrics_of(history):
        if metric == "kl" and not any(one["kl"] for one in history):
            continue
        last = history[-1]
        title = words(metric)
        told = f"{title} of {len(history)} epochs: {history[0][metric]:.4g} in the first"
        told += f", {last[metric]:.4g} in the last."
        if f"val_{metric}" in last:
            told += f" On the validation rows it ends at {last[f'val_{metric}']:.4g}."
        caption = _TRAINING_CAPTIONS.get(metric, "Of single weight draws; evaluation averages.")
        if run.warmup_epochs:
            caption += " In the gray part the weight of the KL rises (warm-up)."
        names = [one for one in ("member", "epoch", metric, f"val_{metric}") if one in last]
        step = max(len(history) // _ROWS_OF_A_TABLE, 1)
        rows = [
            tuple(f"{one[name]:.6g}" if name in one else "" for name in names)
            for one in history[::step]
        ]
        yield ReportFigure(
            f"training-{metric.replace('_', '-')}",
            "Training",
            f"{title[0].upper()}{title[1:]}",
            told,
            caption,
            Table("", tuple(names), tuple(rows), 0, below=_even(step)),
            partial(of_training.training, history, metric=metric, warmup_epochs=run.warmup_epochs),
        )


_POSTERIOR_TITLES = {
    "signal_to_noise": "Signal to noise of the weights",
    "kl": "KL of each layer",
    "scale": "Posterior scales and the prior",
}
_POSTERIOR_CAPTIONS = {
    "signal_to_noise": "|mean| / standard deviation of the weights of each layer: the thin line holds "
    "90 % of them, the thick one 50 %, the point is the median. Weights far left of the dashed line "
    "(1) are mostly noise, and could be pruned.",
    "kl": "How much each weight has learned, in nats: 0 is a layer that is still at its prior.",
    "scale": "Standard deviations of the weights: the thin line holds 90 % of them, the thick one "
    "50 %, the point is the median. A layer whose scales are at the orange mark has returned to the "
    "prior.",
}


def _posterior(run: TrainingResults, quantity: str) -> ReportFigure:
    layers = run.posteriors
    middle = LEVELS.index(0.5)
    told = {
        "signal_to_noise": [f"{one.layer} {one.signal_to_noise[middle]:.3g}" for one in layers],
        "kl": [f"{one.layer} {one.kl / one.weights:.3g}" for one in layers],
        "scale": [
            f"{one.layer} {one.scale[middle]:.3g} (prior {one.prior_scale:.3g})" for one in layers
        ],
    }[quantity]
    what = "KL in nats a weight" if quantity == "kl" else "Median"
    return ReportFigure(
        f"posterior-{quantity.replace('_', '-')}",
        "Posterior",
        _POSTERIOR_TITLES[quantity],
        f"{_POSTERIOR_TITLES[quantity]}. {what} of each layer: {', '.join(told)}.",
        _POSTERIOR_CAPTIONS[quantity],
        Table(
            "",
            ("layer", "weights", "KL, nats", "median |mean| / std", "median std", "prior std"),
            tuple(
                (
                    one.layer,
                    f"{one.weights:,}",
                    f"{one.kl:.4g}",
                    f"{one.signal_to_noise[middle]:.4g}",
                    f"{one.scale[middle]:.4g}",
                    f"{one.prior_scale:.4g}",
                )
                for one in layers
            ),
        ),
        partial(of_training.posterior, layers, quantity=quantity),
        1.2 + 0.42 * max(len(layers), 3),
    )


def _with_error(value: float, error: float | None) -> str:
    return f"{value:.4f}" if error is None else f"{value:.4f} ± {error:.4f}"


def _cut(count: int, noun: str) -> tuple[str, ...]:
    more = count - _ROWS_OF_A_TABLE
    return (f"and {more:,} more {noun}",) if more > 0 else ()


def _even(step: int) -> tuple[str, ...]:
    return (f"one row of {step}",) if step > 1 else ()
