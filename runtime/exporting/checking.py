"""Compare an exported function with the program that it was exported from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from bnnc.runtime.exporting.opening import Arrays
from bnnc.runtime.prediction.prediction import Prediction
from bnnc.runtime.prediction.predictors import AnyPrediction
from bnnc.runtime.prediction.regression_prediction import NumberPrediction
from bnnc.runtime.training.statistics import standardization_of

if TYPE_CHECKING:
    from bnnc.runtime.model import BayesianModel
    from bnnc.runtime.predicting import Predicts

ROWS: Final = 8
"""Images, or rows of features, that an export is compared on."""

# What rounding may do to a probability, relatively. A step of an isotonic map or the edge of a set
# makes as much of it as they like, and there the prediction itself would be another one.
_ROUNDING: Final = 2e-6
# Outputs whose first axis is that of the images, and in a prediction is the second.
_SECOND: Final = ("quantiles", "conformal_interval")


def images_to_compare(shape: tuple[int, ...], value_range: tuple[float, float]) -> Any:
    """Images in the raw value range: noise of several strengths, and a slope.

    Shapes: -> float32 [`ROWS`, *shape].
    """
    low, high = value_range
    noise = np.random.default_rng(0).uniform(size=(ROWS - 1, *shape))
    strengths = np.linspace(0.25, 3.0, ROWS - 1).reshape(-1, *(1,) * len(shape))
    slope = np.linspace(0, 1, int(np.prod(shape))).reshape(1, *shape)
    shares = np.concatenate([noise**strengths, slope])
    return np.clip(low + (high - low) * shares, low, high).astype(np.float32)


def features_to_compare(model: BayesianModel, count: int) -> Any:
    """Rows of features around those of the training, from near their mean to three deviations off.

    Shapes: -> float32 [`ROWS`, count].
    """
    noise = np.random.default_rng(0).normal(size=(ROWS, count))
    rows = noise * np.linspace(0.25, 3.0, ROWS)[:, np.newaxis]
    layer = standardization_of(model)
    if layer is not None:
        rows = np.asarray(layer.feature_mean) + rows * np.asarray(layer.feature_std)
    return rows.astype(np.float32)


def largest_difference(
    run: Callable[[npt.NDArray[Any]], Arrays],
    program: Predicts,
    *,
    samples: int,
    seed: int | None,
    calibrated: bool,
    one_by_one: bool,
) -> float:
    """The largest difference of any output to `program.predict` on a few images.

    Of numbers it is relative to their size and standard deviation; of classes, sets and rejections 1
    where one differs. Where rounding alone decides, nothing counts.

    Args:
        run: images to the exported outputs.
        program, samples, seed, calibrated: as of `program.predict`.
        one_by_one: whether each image is predicted by itself.
    """
    said = program.spec.input
    images = (
        features_to_compare(program.models[0], said.shape[0])
        if said.is_table
        else images_to_compare(said.shape, said.value_range)
    )
    fitted = program.calibration if calibrated else None
    groups = [images[row : row + 1] for row in range(ROWS)] if one_by_one else [images]
    raw = [program.predict(one, samples, seed=seed, calibrated=False) for one in groups]

    def references(factor: float) -> Arrays:
        parts = []
        for one in raw:
            if isinstance(one, Prediction) and factor != 1:
                one = replace(one, probs=one.probs * np.float32(factor))
            parts.append(named_outputs(one if fitted is None else fitted.applied(one)))
        return {name: np.concatenate([one[name] for one in parts]) for name in parts[0]}

    near = [references(factor) for factor in (1.0, 1 - _ROUNDING, 1 + _ROUNDING)]
    made = run(images)
    if getattr(program.models[0].objective.output, "discrete", False):
        # A count whose distribution function meets the level is as good as the next one.
        exact = near[0]["quantiles"]
        close = np.abs(made["quantiles"] - exact) <= 1
        made["quantiles"] = np.where(close, exact, made["quantiles"])
    missing = set(near[0]) ^ set(made)
    if missing:
        raise AssertionError(f"outputs {sorted(missing)} are in one of the two alone")
    return max(_difference(name, made[name], [one[name] for one in near], near[0]) for name in made)


def _difference(
    name: str, made: npt.NDArray[Any], near: list[npt.NDArray[Any]], reference: Arrays
) -> float:
    wanted = near[0]
    if made.shape != wanted.shape:
        raise AssertionError(f"`{name}` has shape {made.shape}, not {wanted.shape}")
    if wanted.dtype.kind in "bi":
        decided = np.logical_and.reduce([one == wanted for one in near])
        return float(np.any((made != wanted) & decided))
    if not np.all(np.isfinite(made)):
        return float("inf")
    slack = np.max([np.abs(one - wanted) for one in near], axis=0)
    difference = np.abs(made.astype(np.float64) - wanted)
    if "std" in reference:
        std = reference["std"]
        spread = std if std.ndim == wanted.ndim else std[:, np.newaxis]
        size = np.maximum(np.abs(wanted), spread)
        difference = difference / np.maximum(size, np.finfo(np.float32).tiny)
    return float(np.max(np.maximum(difference - slack, 0.0)))


def named_outputs(prediction: AnyPrediction) -> Arrays:
    """The arrays of a prediction under the names of the outputs, the axis of images first."""
    made = {
        name: getattr(prediction, name)
        for name in (
            *("label", "labels", "probs", "confidence", "entropy", "expected_entropy"),
            *("mutual_information", "sets", "rejected", "mean", "std", "aleatoric_std"),
            *("epistemic_std", "quantiles", "conformal_interval"),
        )
        if getattr(prediction, name, None) is not None
    }
    if isinstance(prediction, NumberPrediction):
        for name in _SECOND:
            if name in made:
                made[name] = np.moveaxis(made[name], 0, 1)
    return made
