"""Encode labels as the spec says."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import as_labels
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.number_labels import NUMBER_KINDS, encode_numbers, shortened


def encode_labels(
    labels: npt.NDArray[Any],
    *,
    kind: Literal["integer", "one_hot", "binary", "multi_hot", "real", "count", "soft"],
    classes: int,
    where: str,
    columns: int = 1,
) -> npt.NDArray[Any]:
    """Encode labels as the spec's `output.labels` says.

    Shapes: class indices [N] or [N, 1], or one-hot rows [N, classes] -> int32 [N] for `integer`,
    float32 [N, classes] of 0 and 1 for `one_hot`, float32 [N] of 0 and 1 for `binary`.
    Labels that are no single class come as they are encoded, float32: rows [N, classes] for
    `multi_hot` and `soft`, [N] for `count`, [N] or [N, columns] for `real`.
    Binary labels have two classes whatever `classes` says; of one-hot rows [N, 2] the second
    column is class 1.
    Raises: DataError naming `where` and the first row that is no such label.
    """
    labels = as_labels(labels, where=where)
    if len(labels) == 0:
        raise DataError(f"{where}: holds no labels. Expected one for each image.")
    if kind in NUMBER_KINDS:
        size = classes if kind in {"multi_hot", "soft"} else columns
        return encode_numbers(labels, kind=kind, columns=size, where=where)
    if kind == "binary":
        classes = 2
    columns = labels.shape[1] if labels.ndim == 2 else 1
    if columns != 1:
        indices = _from_one_hot(labels, kind=kind, classes=classes, where=where)
    else:
        indices = _from_indices(labels.reshape(-1), kind=kind, classes=classes, where=where)
    if kind == "integer":
        return indices
    if kind == "binary":
        return indices.astype(np.float32)
    rows = np.zeros((len(indices), classes), dtype=np.float32)
    rows[np.arange(len(indices)), indices] = 1.0
    return rows


def _from_indices(
    labels: npt.NDArray[Any], *, kind: str, classes: int, where: str
) -> npt.NDArray[np.int32]:
    fractional = np.flatnonzero(labels != np.trunc(labels))
    if len(fractional):
        row = int(fractional[0])
        raise DataError(
            f"{where}: row {row} has the label {labels[row]}. Expected whole numbers, the class "
            f"indices 0..{classes - 1}."
        )
    outside = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(outside):
        row = int(outside[0])
        runs = "binary labels are 0 or 1" if kind == "binary" else f"labels run 0..{classes - 1}"
        raise DataError(
            f"{where}: {runs}; row {row} has {_whole(labels[row])}. "
            f"{_hint(labels, kind=kind, classes=classes)}"
        )
    return labels.astype(np.int32)


def _from_one_hot(
    labels: npt.NDArray[Any], *, kind: str, classes: int, where: str
) -> npt.NDArray[np.int32]:
    if labels.shape[1] != classes:
        raise DataError(
            f"{where}: expected {kind} labels of {classes} classes in shape [rows], [rows, 1] or, "
            f"one-hot, [rows, {classes}]. "
            f"Received: {labels.shape[1]} columns. Set `output.classes` to the number of columns, "
            "or give class indices."
        )
    wrong = np.flatnonzero(
        ((labels != 0) & (labels != 1)).any(axis=1) | (np.count_nonzero(labels, axis=1) != 1)
    )
    if len(wrong):
        row = int(wrong[0])
        raise DataError(
            f"{where}: row {row} is not one-hot. Expected a single 1 among zeros. "
            f"Received: {shortened(labels[row])}."
        )
    indices: npt.NDArray[np.int32] = labels.argmax(axis=1).astype(np.int32)
    return indices


def _hint(labels: npt.NDArray[Any], *, kind: str, classes: int) -> str:
    low, high = _whole(labels.min()), _whole(labels.max())
    if low == 1 and high == classes:
        return "The labels seem to start at 1: subtract 1 from all of them."
    if kind == "binary" and (low, high) == (-1, 1):
        return "The labels seem to be -1 and 1: write 0 in place of -1."
    if low < 0:
        return f"The labels run {low}..{high}: drop the rows without a label, or renumber."
    return f"The labels run {low}..{high}: set `output.classes` to {high + 1}, or renumber them."


def _whole(label: Any) -> int:
    """A label that has been found whole, written without a decimal point."""
    return int(label)
