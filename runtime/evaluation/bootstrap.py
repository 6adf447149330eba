"""Standard errors by the bootstrap over rows.

A resample draws as many rows as there are, with replacement. It is a column of weights: how often
each row is drawn. A statistic is a function of the weights of many resamples at once, and its value
on the rows themselves is the one where every weight is 1.

References: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 6.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

RESAMPLES: Final = 1000
# Numbers of one block of weights, 1 MB: what is made of it stays in a cache.
_BLOCK: Final = 2**17

Array: TypeAlias = npt.NDArray[np.float64]
# Weights [rows, resamples] -> statistics by name, [resamples, ...] each.
Statistics: TypeAlias = Callable[[Array], Mapping[str, Array]]


def value_of(statistics: Statistics, rows: int) -> dict[str, Array]:
    """The statistics on the rows themselves, each without the axis of the resamples."""
    return {name: value[0] for name, value in statistics(np.ones((rows, 1))).items()}


def standard_errors(
    statistics: Statistics,
    rows: int | Sequence[int],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Array]:
    """The standard deviation of each statistic over resamples of the rows.

    Args: as of `resampled`.

    Returns: errors in the units of the statistics, with the shape of one value; NaN for what fewer
        than two resamples have.
    """
    drawn = resampled(statistics, rows, resamples=resamples, seed=seed)
    return {name: deviation(values) for name, values in drawn.items()}


def resampled(
    statistics: Statistics,
    rows: int | Sequence[int],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Array]:
    """Each statistic on resamples of the rows.

    Args:
        statistics: weights [rows, resamples] to statistics [resamples, ...] by name. A statistic
            that a resample does not have, such as the recall of a class that it does not draw, is
            NaN there, and its standard error is that over the other resamples.
        rows: how many there are; of several sets of rows, how many of each: every set is resampled
            by itself.
        resamples: how many; at least 2.
        seed: seed of the resamples. As many rows and the same seed give the same resamples: the
            statistics of two models on the same rows can be subtracted one by one.

    Returns: by name, an array [resamples, ...].
    """
    sizes = (rows,) if isinstance(rows, int) else tuple(rows)
    generator = np.random.default_rng(seed)
    block = max(_BLOCK // max(sum(sizes), 1), 1)
    parts: dict[str, list[Array]] = {}
    # The products are small: threads of BLAS would wait for each other longer than they compute.
    with threadpool_limits(1, user_api="blas"):
        for first in range(0, resamples, block):
            count = min(block, resamples - first)
            weights = np.concatenate([_weights(size, count, generator) for size in sizes])
            for name, value in statistics(weights).items():
                parts.setdefault(name, []).append(value)
    return {name: np.concatenate(values) for name, values in parts.items()}


def _weights(rows: int, resamples: int, generator: np.random.Generator) -> Array:
    """How often each row is drawn: [rows, resamples]. Each column sums to the rows."""
    drawn = generator.integers(0, rows, (rows, resamples), dtype=np.int64)
    places = drawn * resamples + np.arange(resamples)
    counts = np.bincount(places.ravel(), minlength=rows * resamples)
    return counts.reshape(rows, resamples).astype(np.float64)


def deviation(values: Array) -> Array:
    """Standard deviation over the first axis, of the finite values; NaN of fewer than two."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    filled = np.where(known, values, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = filled.sum(axis=0) / count
        squares = np.where(known, (values - mean) ** 2, 0.0).sum(axis=0)
        deviation = np.sqrt(squares / (count - 1))
    return np.asarray(np.where(count > 1, deviation, np.nan))


class RowMeans:
    """Means over the rows of what each row has.

    Args:
        values: by name. Shape [rows] each.
    """

    def __init__(self, values: Mapping[str, npt.NDArray[np.floating]]) -> None:
        self._names = tuple(values)
        self._values = np.stack([np.asarray(one, np.float64) for one in values.values()])

    def __call__(self, weights: Array) -> dict[str, Array]:
        """Shapes: weights [rows, resamples] -> [resamples] each."""
        means = self._values @ weights / weights.sum(axis=0)
        return dict(zip(self._names, means, strict=True))
