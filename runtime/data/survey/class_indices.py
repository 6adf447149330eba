"""The class index of each row, for labels that are classes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.label_counts import MOST_CLASSES, count_labels
from bnnc.runtime.data.number_labels import NUMBER_KINDS


@dataclass(frozen=True, slots=True, eq=False)
class ClassIndices:
    """The class of each row, [rows]: -1 where the label is none; and which are outside the classes."""

    indices: npt.NDArray[np.int64]
    outside: npt.NDArray[np.bool_]


def class_indices(
    labels: npt.NDArray[Any], kind: str | None, classes: int | None
) -> ClassIndices | None:
    """The class index of each row; None for labels that are no single class.

    Args:
        labels: [rows], [rows, 1], or one-hot [rows, classes].
        kind: the spec's `output.labels`; None where there is no spec: the labels decide.
        classes: what the labels are compared with; None to take them as they are.
    """
    if kind in NUMBER_KINDS or (kind is None and count_labels(labels) is None):
        return None
    if labels.ndim == 2 and labels.shape[1] > 1:
        is_class = ((labels == 0) | (labels == 1)).all(axis=1) & (labels.sum(axis=1) == 1)
        indices = np.where(is_class, labels.argmax(axis=1), -1)
    else:
        flat = labels.reshape(-1)
        is_class = (flat == np.trunc(flat)) & (flat >= 0) & (flat < MOST_CLASSES)
        indices = np.where(is_class, flat, -1).astype(np.int64)
    outside = indices < 0
    if classes is not None:
        outside |= indices >= classes
    return ClassIndices(indices.astype(np.int64), outside)
