"""Columns of a table of predictions, and the arrays of an archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.prediction.multilabel_prediction import LabelSetPrediction
from bnnc.runtime.prediction.prediction import Prediction
from bnnc.runtime.prediction.predictors import AnyPrediction
from bnnc.runtime.prediction.regression_prediction import INTERVALS, LEVELS, NumberPrediction

Row = dict[str, str | int | float]


def arrays_of(prediction: AnyPrediction) -> dict[str, Any]:
    """The arrays of a prediction by name, for an .npz archive."""
    arrays = {
        field.name: getattr(prediction, field.name)
        for field in fields(prediction)
        if field.name not in {"samples", "class_names"}
        and getattr(prediction, field.name) is not None
    }
    match prediction:
        case Prediction():
            return {"label": prediction.label, **arrays}
        case LabelSetPrediction():
            return {"labels": prediction.labels, **arrays}
        case NumberPrediction():
            return {**arrays, "levels": np.array(LEVELS)}


def rows_of(
    names: list[str],
    prediction: AnyPrediction,
    classes: list[str] | None,
    key: str = "image",
    *,
    probabilities: bool = True,
) -> Iterator[Row]:
    """One row an image, or a row of features, its name first, as `key`.

    Numbers are rounded to six digits behind the point. `probabilities` says whether the probability
    of each class is in the row of a prediction of one class.
    """
    match prediction:
        case Prediction():
            yield from _of_classes(names, prediction, classes, key, probabilities=probabilities)
        case LabelSetPrediction():
            yield from _of_label_sets(names, prediction, classes, key)
        case NumberPrediction():
            yield from _of_numbers(names, prediction, key)


def _of_classes(
    names: list[str],
    prediction: Prediction,
    classes: list[str] | None,
    key: str,
    *,
    probabilities: bool,
) -> Iterator[Row]:
    called = classes or [str(index) for index in range(prediction.probs.shape[1])]
    columns = (
        prediction.label,
        prediction.confidence,
        prediction.entropy,
        prediction.mutual_information,
    )
    sets = None if prediction.sets is None else prediction.class_sets()
    for place, (name, label, confidence, entropy, information) in enumerate(
        zip(names, *columns, strict=True)
    ):
        row: Row = {
            key: name,
            "label": int(label),
            "class": called[label],
            "confidence": round(float(confidence), 6),
            "entropy": round(float(entropy), 6),
            "mutual_information": round(float(information), 6),
        }
        if sets is not None:
            inside = sets[place]
            row["set"] = " ".join(called[one] for one in inside)
            row["set_size"] = len(inside)
        if prediction.rejected is not None:
            row["rejected"] = bool(prediction.rejected[place])
        if probabilities:
            row |= _probabilities(called, prediction.probs[place])
        yield row


def _probabilities(called: list[str], probs: npt.NDArray[np.floating]) -> Row:
    return {
        f"probability_{one}": round(float(probability), 6)
        for one, probability in zip(called, probs, strict=True)
    }


def _of_label_sets(
    names: list[str], prediction: LabelSetPrediction, classes: list[str] | None, key: str
) -> Iterator[Row]:
    called = classes or [str(index) for index in range(prediction.probs.shape[1])]
    for place, name in enumerate(names):
        yes = np.flatnonzero(prediction.labels[place])
        yield {
            key: name,
            "labels": " ".join(called[index] for index in yes),
            **_probabilities(called, prediction.probs[place]),
            "entropy": round(float(prediction.entropy[place].sum()), 6),
            "mutual_information": round(float(prediction.mutual_information[place].sum()), 6),
        }


def _of_numbers(names: list[str], prediction: NumberPrediction, key: str) -> Iterator[Row]:
    columns = {
        "mean": prediction.mean,
        "std": prediction.std,
        "aleatoric_std": prediction.aleatoric_std,
        "epistemic_std": prediction.epistemic_std,
    }
    for share in INTERVALS:
        lower, upper = prediction.interval(share)
        columns[f"lower_{share * 100:.0f}"], columns[f"upper_{share * 100:.0f}"] = lower, upper
    if prediction.conformal_interval is not None:
        columns["conformal_lower"], columns["conformal_upper"] = prediction.conformal_interval
    for place, name in enumerate(names):
        row: Row = {key: name}
        for column, values in columns.items():
            numbers = np.atleast_1d(values[place])
            for index, number in enumerate(numbers):
                # Where an image has several numbers, each has columns of its own.
                called = column if len(numbers) == 1 else f"{column}_{index}"
                row[called] = round(float(number), 6)
        yield row
