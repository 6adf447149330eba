"""Figures of corrupted test images over the severity of the corruption."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bnnc.errors import ArgumentError
from bnnc.runtime.evaluation.bootstrap import Array, RowMeans, standard_errors, value_of
from bnnc.runtime.evaluation.calibration import AnswerCalibration, TopLabelCalibration
from bnnc.runtime.evaluation.class_figures import label_nll
from bnnc.runtime.evaluation.corruptions import CORRUPTIONS, SEVERITIES, CorruptedImages, Corruption
from bnnc.runtime.evaluation.evaluate import Labels, class_indices, label_log_probs
from bnnc.runtime.prediction.multilabel_prediction import LabelSetPredictor
from bnnc.runtime.prediction.predictors import (
    AnyPredictor,
    ClassPredictor,
    Finish,
    finished,
    unchanged,
)
from bnnc.runtime.prediction.regression_prediction import NumberPredictor
from bnnc.specs import Spec
from bnnc.specs.evaluation import is_suited

Figures: TypeAlias = Callable[[Array], dict[str, Array]]


def chosen_corruptions(spec: Spec, given: Any) -> tuple[Corruption, ...]:
    """The corruptions of `shift`: all that suit the images of a spec if it is True or "all".

    Raises: ArgumentError for names that there are not, or that do not suit the images.
    """
    if spec.input.is_table and given:
        raise ArgumentError(
            "`shift` is about corrupted images, and the spec's `input` is a row of features"
        )
    suited = tuple(one for one in CORRUPTIONS.values() if is_suited(one.name, spec.input.shape))
    if given is None or given is False:
        return ()
    if given is True or (isinstance(given, str) and given == "all"):
        return suited
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, Sequence):
        raise ArgumentError(
            "Expected `shift` to be True, False, or names of corruptions. "
            f"Received: {type(given).__name__}"
        )
    known = ", ".join(one.name for one in suited)
    for name in names:
        if name not in CORRUPTIONS:
            raise ArgumentError(f"Expected corruptions among {known}. Received: {name!r}")
        if CORRUPTIONS[name] not in suited:
            raise ArgumentError(
                f"`{name}` is a corruption of images of height and width, and the spec's "
                f"`input.shape` is {list(spec.input.shape)}: expected {known}"
            )
    return tuple(one for one in suited if one.name in names)


def shifted(
    predictor: AnyPredictor,
    images: npt.NDArray[Any],
    labels: Labels,
    samples: int,
    seed: int | None,
    *,
    corruptions: Sequence[Corruption],
    value_range: tuple[float, float],
    resamples: int,
    finish: Finish = unchanged,
) -> dict[str, Any]:
    """Predict the images in every severity of every corruption, and evaluate the predictions.

    Args:
        predictor: of a model, or of an ensemble.
        images: raw values. Shape [images, ..., channels].
        labels: as `evaluate` takes them.
        samples: weight draws, of each member of an ensemble.
        seed: seed of the draws; the model's own if None.
        corruptions: which.
        value_range: lowest and highest value of a pixel.
        resamples: of the bootstrap; 0 for no standard errors. All severities have the same ones.
        finish: what is done to each prediction.

    Returns: by corruption, a list with a value for each severity from 1 to 5 of each figure:
        accuracy, nll and ece of classes; binary_accuracy, nll and ece of label sets; rmse, nll and
        coverage_90 of numbers. `standard_errors` has the same lists.
    """
    parts: dict[str, Figures] = {}
    for corruption in corruptions:
        for severity in SEVERITIES:
            seen: Any = CorruptedImages(images, corruption, severity, value_range)
            parts[f"{corruption.name} {severity}"] = _figures(
                predictor, seen, labels, samples, seed, finish
            )

    def statistics(weights: Array) -> dict[str, Array]:
        return {
            f"{place} {name}": value
            for place, part in parts.items()
            for name, value in part(weights).items()
        }

    values = value_of(statistics, len(images))
    errors = standard_errors(statistics, len(images), resamples=resamples) if resamples else {}
    return {
        one.name: {**_lists(one.name, values), "standard_errors": _lists(one.name, errors)}
        for one in corruptions
    }


def _lists(corruption: str, values: dict[str, Array]) -> dict[str, list[float]]:
    """The values of one corruption, by figure and in the order of the severities."""
    lists: dict[str, list[float]] = {}
    for place, value in values.items():
        name, _, figure = place.split(" ")
        if name == corruption:
            lists.setdefault(figure, []).append(float(value))
    return lists


def _figures(
    predictor: AnyPredictor,
    images: Any,
    labels: Labels,
    samples: int,
    seed: int | None,
    finish: Finish,
) -> Figures:
    """The figures of one prediction, as a function of the weights of the rows."""
    if isinstance(predictor, ClassPredictor):
        prediction = finished(predictor.predict(images, samples, seed), finish)
        indices = class_indices(predictor, labels)
        given = label_log_probs(predictor, images, labels, samples, seed)
        right = prediction.label == indices
        nll = label_nll(prediction.probs, indices) if given is None else -given
        means = RowMeans({"accuracy": right.astype(np.float64), "nll": nll})
        top = TopLabelCalibration(prediction.confidence, right)
        return lambda weights: {**means(weights), "ece": top(weights)["ece"]}
    if isinstance(predictor, LabelSetPredictor):
        sets, log_probs = predictor.score(images, labels, samples, seed)[0]
        correct = (sets.labels == labels).mean(axis=1)
        means = RowMeans({"binary_accuracy": correct, "nll": -log_probs})
        answers = AnswerCalibration(sets.probs, labels)
        return lambda weights: {**means(weights), **answers(weights)}
    assert isinstance(predictor, NumberPredictor)
    return _number_figures(predictor, images, labels, samples, seed)


def _number_figures(
    predictor: NumberPredictor, images: Any, labels: Labels, samples: int, seed: int | None
) -> Figures:
    scores = predictor.score(images, labels, samples, seed)[0]
    truth = scores.labels
    low, high = (one.reshape(truth.shape) for one in scores.prediction.interval(0.9))
    error = scores.prediction.mean.astype(np.float64).reshape(truth.shape) - truth
    means = RowMeans(
        {
            "rmse": (error**2).mean(axis=1),
            "nll": -scores.log_probs.astype(np.float64),
            "coverage_90": ((low <= truth) & (truth <= high)).mean(axis=1),
        }
    )

    def figures(weights: Array) -> dict[str, Array]:
        made = means(weights)
        return {**made, "rmse": np.sqrt(made["rmse"])}

    return figures
