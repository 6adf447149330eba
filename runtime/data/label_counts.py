"""Count the rows of each class."""

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import Header

# Labels of less are read in milliseconds: half a million class indices of 8 bytes.
FEW_BYTES = 4 * 2**20
# More classes than any data set of images has: labels beyond are no class indices.
MOST_CLASSES = 100_000


def are_few(labels: Header) -> bool:
    """Whether labels are read so fast that a check may do it."""
    return prod(labels.shape) * labels.dtype.itemsize <= FEW_BYTES


def count_labels(labels: npt.NDArray[Any]) -> tuple[int, ...] | None:
    """Rows of each class, class 0 first; None for labels that are no classes.

    Shapes: class indices [rows] or [rows, 1], or one-hot rows [rows, classes].
    """
    if labels.size == 0:
        return None
    if labels.ndim == 2 and labels.shape[1] > 1:
        if not (np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()):
            return None
        return tuple(int(count) for count in labels.sum(axis=0))
    indices = labels.reshape(-1)
    if indices.dtype.kind == "f" and not (np.isfinite(indices) & (indices % 1 == 0)).all():
        return None
    if indices.min() < 0 or indices.max() >= MOST_CLASSES:
        return None
    return tuple(int(count) for count in np.bincount(indices.astype(np.int64)))
