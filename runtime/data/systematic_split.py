"""Divide an embedded source into rows to train on and rows to test on, with no randomness."""

from typing import Any

import numpy as np
import numpy.typing as npt


def rows_to_test(labels: npt.NDArray[Any], count: int) -> npt.NDArray[np.bool_]:
    """Choose `count` rows to test on, evenly over the labels, the same on every machine.

    The rows are sorted by label, in their order within one, and walked through; row p of n is
    chosen where p × count / n passes a whole number. So each class gives its share to within one
    row, and numbers of every size are tested on.
    """
    total = len(labels)
    place = np.arange(total)
    chosen = (place + 1) * count // total > place * count // total
    tested = np.zeros(total, dtype=np.bool_)
    tested[np.argsort(labels, kind="stable")] = chosen
    return tested
