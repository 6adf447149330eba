"""Hold out rows for validation."""

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.errors import DataError
from bnnc.specs.sources import held_out

# Joined to the user's seed, so that the split shares no random numbers with anything else that
# draws from the same seed. The letters "split" as big-endian bytes.
SPLIT_STREAM = int.from_bytes(b"split", "big")


def validation_split(
    rows: int, fraction: float, *, seed: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Divide row numbers at random into those to train on and those to validate on.

    Shapes: -> train [rows - round(rows × fraction)] and validation [round(rows × fraction)],
    together every row once. The same rows, fraction and seed give the same division.
    Raises: DataError for a fraction outside [0, 1), and when either side would be empty although
    the fraction is above 0.
    """
    if not 0.0 <= fraction < 1.0:
        raise DataError(
            "`data.validation_split`: expected a fraction from 0 up to, but not including, 1. "
            f"Received: {fraction}."
        )
    if rows < 1:
        raise DataError(f"`data.validation_split`: expected at least one row. Received: {rows}.")
    size = held_out(rows, fraction)
    if fraction > 0 and not 0 < size < rows:
        empty = "validate" if size == 0 else "train"
        raise DataError(
            f"`data.validation_split`: {fraction} of {rows:,} rows leaves no row to {empty} on. "
            "Expected at least one row on either side. Choose another fraction, or 0 to train on "
            "all rows."
        )
    permuted = np.random.default_rng([seed, SPLIT_STREAM]).permutation(rows).astype(np.int64)
    return permuted[size:], permuted[:size]
