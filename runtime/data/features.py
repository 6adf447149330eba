"""Check rows of features, [rows, features], before they become float32."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import refuse_other_than_numbers
from bnnc.runtime.data.errors import DataError
from bnnc.specs.class_names import listed

# Of a standard deviation: the distance of two neighbouring float32 numbers that a feature may have.
_COARSEST: Final = 0.01


def as_features(
    array: npt.NDArray[Any], *, where: str, names: Sequence[str] | None = None
) -> npt.NDArray[np.float32]:
    """Return rows of features as float32.

    Shapes: [rows, features] -> the same.
    Raises: DataError for other axes, no rows, anything but numbers, NaN or infinity, and for values
    of which float32 keeps too few digits.
    """
    refuse_other_than_numbers(array, where=where)
    if array.ndim != 2 or 0 in array.shape:
        raise DataError(
            f"{where}: expected rows of features, [rows, features], at least one. Received: shape "
            f"{list(array.shape)}."
        )
    with np.errstate(over="ignore"):
        features = array.astype(np.float32, copy=False)
    wrong = np.argwhere(~np.isfinite(features))
    if len(wrong):
        row, column = map(int, wrong[0])
        more = f" ({len(wrong):,} such values in all)" if len(wrong) > 1 else ""
        raise DataError(
            f"{where}: row {row}, {feature_name(column, names)} is {array[row, column]}{more}. "
            "Expected finite numbers only. Fill the values in, or drop such rows."
        )
    _refuse_coarse(array, where, names)
    return features


def feature_name(column: int, names: Sequence[str] | None) -> str:
    """A feature as a person finds it: by its name, or else by its number, from 0."""
    return f"column {column}" if names is None else f"column `{names[column]}`"


def constant_features(features: npt.NDArray[Any], names: Sequence[str] | None) -> tuple[str, ...]:
    """A sentence about the features that are the same in all rows; none where there are none."""
    columns = np.flatnonzero((features == features[:1]).all(axis=0))
    if len(columns) == 0:
        return ()
    called = listed([feature_name(int(one), names).removeprefix("column ") for one in columns])
    return (
        f"of {features.shape[1]:,} features {len(columns):,} are the same in all training rows: "
        f"{called.replace('`', '')}. Nothing is learned from them",
    )


def _refuse_coarse(array: npt.NDArray[Any], where: str, names: Sequence[str] | None) -> None:
    """Refuse features that vary by less than float32 can tell apart, such as times in seconds."""
    if len(array) < 2:
        return
    spread = array.astype(np.float64).std(axis=0)
    largest = np.abs(array).max(axis=0)
    spacing = np.spacing(largest.astype(np.float32)).astype(np.float64)
    coarse = np.flatnonzero((spread > 0) & (spacing > _COARSEST * spread))
    if len(coarse):
        column = int(coarse[0])
        raise DataError(
            f"{where}: {feature_name(column, names)} has values up to {largest[column]:.10g}, with a "
            f"standard deviation of {spread[column]:.3g}. The model reads float32, which keeps seven "
            "digits. Subtract a constant from the column, such as its smallest value."
        )
