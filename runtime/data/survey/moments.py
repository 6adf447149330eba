"""Mean, standard deviation and range of pixels, put together from batches of rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RowMoments:
    """The moments of each row of a batch.

    Attributes:
        pixels: pixels of a row, in one channel.
        mean: [rows, channels].
        squares: sums of the squared distances from that mean, [rows, channels].
    """

    pixels: int
    mean: Numbers
    squares: Numbers

    def of(self, rows: npt.NDArray[np.bool_]) -> "RowMoments":
        """Those of some of the rows."""
        return RowMoments(self.pixels, self.mean[rows], self.squares[rows])

    @property
    def brightness(self) -> Numbers:
        """The mean of each row over all channels, [rows]."""
        means: Numbers = self.mean.mean(axis=1)
        return means

    @property
    def contrast(self) -> Numbers:
        """The standard deviation of each row within its channels, [rows]; 0 for one colour."""
        variances: Numbers = self.squares.sum(axis=1) / (self.pixels * self.mean.shape[1])
        return np.sqrt(variances)


def row_moments(images: npt.NDArray[np.generic]) -> RowMoments:
    """The moments of each row of images [rows, ..., channels], in double precision."""
    flat = images.reshape(len(images), -1, images.shape[-1]).astype(np.float64)
    mean = flat.mean(axis=1)
    flat -= mean[:, np.newaxis]
    return RowMoments(flat.shape[1], mean, np.einsum("npc,npc->nc", flat, flat))


class Moments:
    """Mean and standard deviation per channel over all pixels of the rows that were added.

    Batches are joined by the formula of Chan, Golub and LeVeque (1983), which loses no digits where
    the mean is far from 0.
    """

    def __init__(self, channels: int) -> None:
        self.count = 0
        self.mean = np.zeros(channels)
        self._squares = np.zeros(channels)

    def add(self, rows: RowMoments) -> None:
        """Add the rows of a batch."""
        if len(rows.mean) == 0:
            return
        mean = rows.mean.mean(axis=0)
        spread = rows.pixels * np.square(rows.mean - mean).sum(axis=0)
        self._join(len(rows.mean) * rows.pixels, mean, rows.squares.sum(axis=0) + spread)

    def join(self, other: "Moments") -> None:
        """Add what was added to another one; one of a single channel counts for each channel."""
        self._join(other.count, other.mean, other._squares)

    def _join(self, count: int, mean: Numbers, squares: Numbers) -> None:
        total = self.count + count
        if total == 0:
            return
        distance = mean - self.mean
        self.mean = self.mean + distance * (count / total)
        self._squares = self._squares + squares + distance**2 * (self.count * count / total)
        self.count = total

    @property
    def std(self) -> Numbers:
        """The standard deviation of each channel, over all pixels."""
        return np.sqrt(self._squares / max(self.count, 1))
