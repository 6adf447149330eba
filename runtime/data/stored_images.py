"""Images that stay in their files until their rows are asked for."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.memory import refuse_beyond_memory_limit

Pixels = npt.NDArray[Any]
Rows = slice | npt.NDArray[Any]

_SAMPLED = 256  # rows that are looked at of all, or read at a time


class StoredImages(ABC):
    """Images [N, height, width, channels] as an array has them, of which no pixel was read yet.

    A slice or an array of row numbers chooses rows, and `read` reads them. `numpy.asarray` reads
    all rows.
    """

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Rows, then the shape of an image."""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers that `read` gives: uint8 or float32."""

    @abstractmethod
    def __getitem__(self, rows: Rows) -> Self:
        """The images of some rows, in their order."""

    def with_channel_axis(self) -> Self:
        """The same images with an axis of one channel, where they may lack it."""
        raise TypeError(f"{type(self).__name__} has an axis of channels")

    @abstractmethod
    def read(self) -> Pixels:
        """The pixels of all rows. Raises: DataError naming the file."""

    @abstractmethod
    def row(self, row: int) -> Pixels:
        """The pixels of one row. Raises: DataError naming the file."""

    def failure(self, row: int) -> DataError | None:
        """Why a row cannot be read; None if it can, whatever its size is."""
        try:
            self.row(row)
        except DataError as error:
            return error
        return None

    @abstractmethod
    def place(self, row: int) -> str:
        """Where a row is, for a message: its file."""

    @abstractmethod
    def fingerprint(self) -> bytes:
        """What is known of the stored images without reading them."""

    @abstractmethod
    def files_read(self) -> list[Path]:
        """The files that the rows are in."""

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all rows in memory."""
        return int(np.prod(self.shape, dtype=object)) * self.dtype.itemsize

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Pixels:
        refuse_beyond_memory_limit(self.nbytes, where="images")
        pixels = self.read()
        return pixels if dtype is None else pixels.astype(dtype, copy=False)

    def sample(self, count: int = _SAMPLED) -> Self:
        """At most so many rows, evenly spaced."""
        if len(self) <= count:
            return self
        return self[np.linspace(0, len(self) - 1, count).astype(np.int64)]

    def digest(self) -> bytes:
        """SHA-256 of what tells these images from others: not all of their pixels are read."""
        digest = hashlib.sha256(self.fingerprint())
        digest.update(np.ascontiguousarray(self.sample().read()).data)
        return digest.digest()


def in_parts(images: Pixels | StoredImages) -> Iterator[Pixels]:
    """The pixels of all rows, in order: an array as it is, stored images some rows at a time."""
    if not isinstance(images, StoredImages):
        yield images
        return
    for first in range(0, len(images), _SAMPLED):
        yield images[first : first + _SAMPLED].read()
