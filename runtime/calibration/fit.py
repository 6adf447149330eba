"""Fit a calibration and guarantees to held-out rows."""

import hashlib
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.errors import ArgumentError
from bnnc.runtime.calibration.calibrators import fit_calibrator, mean_nll
from bnnc.runtime.calibration.conformal import conformal_quantile, label_scores, number_scores
from bnnc.runtime.calibration.fitted import (
    FittedCalibration,
    FittedCalibrator,
    FittedInterval,
    FittedRejection,
    FittedSets,
)
from bnnc.runtime.calibration.rejection import confidence_threshold
from bnnc.runtime.data import DataError
from bnnc.runtime.outputs.output import ClassOutput
from bnnc.runtime.prediction.predictors import AnyPredictor, ClassPredictor
from bnnc.runtime.prediction.regression_prediction import NumberPredictor
from bnnc.runtime.preparation import ONE_CLASS
from bnnc.specs.calibration import (
    Calibration,
    Guarantee,
    PredictionInterval,
    PredictionSets,
    Rejection,
    held_out_rows_needed,
    rows_of_calibration,
)
from bnnc.specs.outputs import OutputSection

# Joined to the seed that divides the rows. The letters "calibrate" as big-endian bytes.
_DIVISION_STREAM: Final = int.from_bytes(b"calibrate", "big")

Rows = npt.NDArray[np.int64]
AnyArray = npt.NDArray[Any]


def refuse_other_outputs(
    output: OutputSection, calibration: Calibration | None, guarantees: dict[str, Guarantee]
) -> None:
    """Raise ArgumentError for what the output distribution cannot have."""
    asked = [*(["calibration"] if calibration else []), *guarantees]
    is_one_class = output.labels in ONE_CLASS
    is_number = output.labels in {"real", "count"}
    for key in asked:
        if key == "interval" and not is_number:
            raise ArgumentError(
                f"An interval is of numbers, and the spec says `labels: {output.labels}`: use "
                "prediction sets"
            )
        if key != "interval" and not is_one_class:
            what = {
                "calibration": "A calibration",
                "sets": "A prediction set",
                "reject": "Rejection",
            }
            raise ArgumentError(
                f"{what[key]} is of images with one class each, and the spec says `labels: "
                f"{output.labels}`" + (": use an interval" if is_number else "")
            )


def refuse_too_few_rows(
    rows: int, calibration: Calibration | None, guarantees: dict[str, Guarantee], where: str
) -> None:
    """Raise DataError for fewer held-out rows than the guarantees need."""
    for key, one in guarantees.items():
        needed = held_out_rows_needed(one, calibrates=calibration is not None)
        if rows < needed:
            half = ", half of which calibrate the probabilities" if calibration else ""
            limit = (
                f"risk: {one.risk:g}"
                if isinstance(one, Rejection)
                else f"coverage: {one.coverage:g}"
            )
            raise DataError(
                f"{where}: `prediction.{key}` of `{limit}` needs at least {needed:,} held-out "
                f"rows{half}. Received: {rows:,}. Hold out more rows, or ask for less"
            )


def divided_rows(rows: int, seed: int, *, calibrates: bool, guarantees: bool) -> tuple[Rows, Rows]:
    """Row numbers for the calibration, and for the guarantees: all of them, or a half for each.

    A threshold that is read off rows which the probabilities were fitted to guarantees nothing.
    """
    if not (calibrates and guarantees):
        return np.arange(rows), np.arange(rows)
    permuted = np.random.default_rng([seed, _DIVISION_STREAM]).permutation(rows)
    first = rows_of_calibration(rows, guarantees=True)
    return np.sort(permuted[:first]), np.sort(permuted[first:])


def images_digest(images: AnyArray) -> str:
    """SHA-256 of images, by their values as the model reads them."""
    values = np.ascontiguousarray(images, np.float32)
    return "sha256:" + hashlib.sha256(f"{values.shape}".encode() + values.tobytes()).hexdigest()


def fit(
    predictor: AnyPredictor,
    images: AnyArray,
    labels: AnyArray,
    *,
    samples: int,
    seed: int,
    data: str,
    steps: tuple[int, ...],
    calibration: Calibration | None,
    guarantees: dict[str, Guarantee],
    notes: tuple[str, ...] = (),
) -> FittedCalibration:
    """Fit to rows that the model was not trained on.

    Args:
        predictor: of a model, or of an ensemble.
        images: raw values. Shape [rows, ...].
        labels: encoded as the spec says.
        samples: weight draws, of each member of an ensemble.
        seed: of the division of the rows.
        data: the rows in a few words.
        steps: training steps of each model.
        calibration, guarantees: what is fitted.
        notes: what a person should know of it.

    Raises: DataError for fewer rows than the guarantees need, or predictions that are not finite.
    """
    refuse_too_few_rows(len(images), calibration, guarantees, data)
    how: dict[str, Any] = {
        "data": data,
        "digest": images_digest(images),
        "samples": predictor.draws(samples),
        "steps": steps,
        "notes": notes,
    }
    first, second = divided_rows(
        len(images), seed, calibrates=calibration is not None, guarantees=bool(guarantees)
    )
    if isinstance(predictor, NumberPredictor):
        return FittedCalibration(
            **how, interval=_interval(predictor, images, labels, samples, guarantees["interval"])
        )
    assert isinstance(predictor, ClassPredictor)
    probs = predictor.predict(images, samples, None).probs
    _refuse_not_finite(probs)
    output = predictor.output
    assert isinstance(output, ClassOutput)
    classes = output.class_indices(tf.convert_to_tensor(labels)).numpy()
    fitted = None
    if calibration is not None:
        made = fit_calibrator(calibration.method, probs[first], classes[first])
        before, after = (
            mean_nll(one, classes[first]) for one in (probs[first], made(probs[first]))
        )
        fitted = FittedCalibrator(made, len(first), before, after)
        probs = made(probs).astype(np.float32)
    probs, classes = probs[second], classes[second]
    sets, rejection = guarantees.get("sets"), guarantees.get("reject")
    if isinstance(sets, PredictionSets):
        scores = label_scores(sets, probs, classes)
        threshold = float(conformal_quantile(scores, sets.coverage))
        how["sets"] = FittedSets(sets, len(second), threshold)
    if isinstance(rejection, Rejection):
        right = probs.argmax(axis=-1) == classes
        threshold = confidence_threshold(rejection, probs.max(axis=-1), right)
        how["rejection"] = FittedRejection(rejection, len(second), threshold)
    return FittedCalibration(**how, probabilities=fitted)


def _interval(
    predictor: NumberPredictor, images: AnyArray, labels: AnyArray, samples: int, said: Guarantee
) -> FittedInterval:
    assert isinstance(said, PredictionInterval)
    prediction = predictor.predict(images, samples, None)
    _refuse_not_finite(prediction.mean)
    truth = np.asarray(labels, np.float64).reshape(prediction.mean.shape)
    scores = number_scores(said.method, said.coverage, prediction, truth)
    thresholds = np.atleast_1d(conformal_quantile(scores, said.coverage))
    return FittedInterval(said, len(truth), tuple(map(float, thresholds)))


def _refuse_not_finite(values: AnyArray) -> None:
    if not np.isfinite(values).all():
        raise DataError("the predictions are not finite numbers: there is nothing to calibrate")
