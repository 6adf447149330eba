"""Check whether real labels are near the outputs of an untrained model."""

import warnings
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bnnc.errors import DataWarning
from bnnc.specs.outputs.over_reals import OverReals

# In `label_std`: how far the mean of the labels may be from `label_mean`, and between which limits
# their standard deviation may lie. `benchmarks/regression.md`: a mean of 3 and standard deviations
# of 0.3 and 3 cost a tenth of a nat; a mean of 10, or standard deviations of 0.1 and 10, half a nat.
FARTHEST_MEAN: Final = 3.0
STD_LIMITS: Final = (0.2, 5.0)


def warn_of_labels(labels: npt.NDArray[Any], output: OverReals, where: str) -> None:
    """Warn of labels far from `label_mean` and `label_std`, naming the two numbers to write.

    Shapes: labels [rows], or [rows, event_size].
    """
    rows = labels.reshape(len(labels), -1).astype(np.float64)
    mean, std = rows.mean(axis=0), rows.std(axis=0)
    expected_mean = np.asarray(0.0 if output.label_mean is None else output.label_mean)
    expected_std = np.asarray(1.0 if output.label_std is None else output.label_std)
    far = np.abs(mean - expected_mean) > FARTHEST_MEAN * expected_std
    # Labels that are all equal have no standard deviation to divide by.
    narrow_or_wide = (std < STD_LIMITS[0] * expected_std) | (std > STD_LIMITS[1] * expected_std)
    if not np.any(far | (narrow_or_wide & (std > 0))):
        return
    proposed = np.where(std > 0, std, 1.0)
    warnings.warn(
        f"{where}: the labels have mean {_written(mean)} and standard deviation {_written(std)}, "
        f"and the model begins at mean {_written(expected_mean)} and standard deviation "
        f"{_written(expected_std)}; it learns such labels slowly, or not at all. Write `label_mean: "
        f"{_written(mean)}` and `label_std: {_written(proposed)}` into the spec's `output`",
        DataWarning,
        stacklevel=2,
    )


def _written(values: npt.NDArray[np.float64]) -> str:
    """One number, or a list of them, with as many digits as matter."""
    numbers = [f"{value:.3g}" for value in np.atleast_1d(values)]
    return numbers[0] if len(numbers) == 1 else f"[{', '.join(numbers)}]"
