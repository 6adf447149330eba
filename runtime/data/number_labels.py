"""Labels that are not a single class: multi-hot, soft, counts, and real numbers."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.errors import DataError

NUMBER_KINDS: Final = frozenset({"multi_hot", "real", "count", "soft"})
# Whole numbers beyond this one are not all float32 numbers.
LARGEST_COUNT: Final = 2**24
# How far the shares of a row may be from 1 in all: what rounding to float16 leaves of ten shares.
_SUM_TOLERANCE = 1e-3


def encode_numbers(
    labels: npt.NDArray[Any], *, kind: str, columns: int, where: str
) -> npt.NDArray[np.float32]:
    """Encode labels of finite numbers, float32, if they lie in the support of the distribution.

    Shapes: [N, columns] -> [N, columns] for `multi_hot` and `soft`; [N] or [N, 1] -> [N] for
    `count` and for `real` of one column; [N, columns] -> [N, columns] for `real` of several.
    Raises: DataError naming `where` and the first row that is no such label.
    """
    given = labels.shape[1] if labels.ndim == 2 else 1
    rows_only = kind in {"multi_hot", "soft"}
    if given != columns or (rows_only and labels.ndim != 2):
        shape = f"[rows, {columns}]" if rows_only or columns > 1 else "[rows] or [rows, 1]"
        raise DataError(
            f"{where}: expected {kind} labels in shape {shape}. "
            f"Received: shape {list(labels.shape)}. {_WAYS_OUT[kind]}"
        )
    _REFUSALS[kind](labels.reshape(len(labels), columns), where)
    with np.errstate(over="ignore", under="ignore"):  # refused below
        encoded = labels.astype(np.float32)
    _refuse_lost_in_float32(encoded.reshape(len(labels), columns), kind, where)
    return encoded if rows_only or columns > 1 else encoded.reshape(-1)


def shortened(row: npt.NDArray[Any]) -> str:
    """A row of numbers, no more than ten of them, for a message."""
    shown = ", ".join(f"{value:g}" for value in row[:10].astype(np.float64))
    return f"[{shown}, …]" if len(row) > 10 else f"[{shown}]"


_WAYS_OUT = {
    "multi_hot": "Give a 0 or 1 for each class, and set `output.classes` to the number of columns.",
    "soft": "Give a share for each class, and set `output.classes` to the number of columns.",
    "real": "Set `output.event_size` to the number of columns.",
    "count": "Give one count for each image.",
}


def _first(wrong: npt.NDArray[np.bool_]) -> int | None:
    """The first row in which anything is wrong."""
    rows = np.flatnonzero(wrong.any(axis=1))
    return int(rows[0]) if len(rows) else None


def _refuse_other_than_multi_hot(rows: npt.NDArray[Any], where: str) -> None:
    row = _first((rows != 0) & (rows != 1))
    if row is not None:
        raise DataError(
            f"{where}: row {row} is not multi-hot. Expected a 0 or 1 for each class. "
            f"Received: {shortened(rows[row])}."
        )


def _refuse_other_than_soft(rows: npt.NDArray[Any], where: str) -> None:
    row = _first(rows <= 0)
    if row is not None:
        raise DataError(
            f"{where}: row {row} has a share that is not above 0. Expected soft labels inside the "
            f"simplex: the relaxed distribution has no density at its border. "
            f"Received: {shortened(rows[row])}. Mix the row with a little of the uniform one, or, "
            "for one-hot rows, write `distribution: one_hot_categorical` and `labels: one_hot`."
        )
    sums = rows.astype(np.float64).sum(axis=1, keepdims=True)
    row = _first(np.abs(sums - 1) > _SUM_TOLERANCE)
    if row is not None:
        raise DataError(
            f"{where}: the shares of row {row} sum to {sums[row, 0]:g}. Expected 1. "
            f"Received: {shortened(rows[row])}. Divide each row by its sum."
        )


def _refuse_other_than_counts(rows: npt.NDArray[Any], where: str) -> None:
    wrong = (rows < 0) | (rows != np.trunc(rows)) | (rows > LARGEST_COUNT)
    row = _first(wrong)
    if row is None:
        return
    value = rows[row, 0]
    if value > LARGEST_COUNT and value == np.trunc(value):
        raise DataError(
            f"{where}: row {row} has the count {value:.0f}. Expected at most {LARGEST_COUNT:,}: "
            "float32 has not every whole number beyond. Count in larger units, or model the "
            "logarithm with `distribution: normal` and `labels: real`."
        )
    raise DataError(
        f"{where}: row {row} has the label {value:g}. Expected counts: 0, 1, 2, … For other "
        "numbers write `distribution: normal` and `labels: real`."
    )


def _accept_all(rows: npt.NDArray[Any], where: str) -> None:
    """Real labels are finite, which is checked for all labels alike."""


_REFUSALS = {
    "multi_hot": _refuse_other_than_multi_hot,
    "soft": _refuse_other_than_soft,
    "count": _refuse_other_than_counts,
    "real": _accept_all,
}


def _refuse_lost_in_float32(rows: npt.NDArray[np.float32], kind: str, where: str) -> None:
    row = _first(~np.isfinite(rows) | ((rows == 0) & (kind == "soft")))
    if row is not None:
        raise DataError(
            f"{where}: row {row} has a number that float32 cannot hold. "
            f"Received: {shortened(rows[row])}. Measure the labels in other units."
        )
