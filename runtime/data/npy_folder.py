"""A folder of `.npy` files, `x_train.npy` and `y_train.npy` and so on.

Its images can be streamed: the operating system reads the rows of a file as they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import Dataset, Header, refuse_no_images
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.memory import fits_in_memory
from bnnc.runtime.data.named_arrays import ArrayStore, facts_of_arrays, load_arrays
from bnnc.runtime.data.npz import read_npy, read_npy_header
from bnnc.runtime.data.stored_images import Pixels, Rows, StoredImages
from bnnc.specs.sources import DataFacts
from bnnc.system.reading import open_file

_FIRST: Final = "x_train.npy"


def holds_npy(folder: Path) -> bool:
    """Whether a folder has `x_train.npy`."""
    return (folder / _FIRST).is_file()


def load_npy_folder(
    folder: Path,
    *,
    name: str,
    classes: Sequence[str] | None = None,
    streaming: bool | None = None,
) -> Dataset:
    """Read `x_train.npy`, `y_train.npy` and so on; see `load_arrays`. Nothing is unpickled.

    Images that are streamed stay in their files, see `StoredRows`.
    """
    headers = [read_npy_header(file) for file in sorted(folder.glob("x_*.npy"))]
    size = sum(prod(one.shape) * one.dtype.itemsize for one in headers)
    is_streamed = not fits_in_memory(size) if streaming is None else streaming
    store = replace(_STORE, read=_read_or_leave) if is_streamed else _STORE
    return load_arrays(folder, store, name=name, classes=classes)


def npy_folder_facts(folder: Path, *, name: str, classes: Sequence[str] | None = None) -> DataFacts:
    """Facts from the headers of the files, and from the labels where they are few."""
    return facts_of_arrays(folder, _STORE, name=name, classes=classes)


@dataclass(frozen=True, eq=False)
class StoredRows(StoredImages):
    """Rows of the array in a `.npy` file, read as they are asked for.

    Attributes:
        file: the file.
        header: of the whole array.
        rows: numbers of the rows, in their order.
        has_channels: whether the array has the axis of the channels; it is added otherwise.
    """

    file: Path
    header: Header
    rows: npt.NDArray[np.int64]
    has_channels: bool = True

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, then the shape of an image."""
        return (len(self.rows), *self.header.shape[1:], *([] if self.has_channels else [1]))

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8 of uint8 and booleans, otherwise float32."""
        is_byte = self.header.dtype == np.uint8 or self.header.dtype.kind == "b"
        return np.dtype(np.uint8 if is_byte else np.float32)

    def __getitem__(self, rows: Rows) -> StoredRows:
        return replace(self, rows=self.rows[rows])

    def with_channel_axis(self) -> StoredRows:
        """The same images, with an axis of one channel."""
        return replace(self, has_channels=False)

    def read(self) -> Pixels:
        """The pixels of all rows. Raises: DataError for a file that is cut short."""
        pixels = np.asarray(self._mapped()[self.rows]).astype(self.dtype)
        return pixels.reshape(self.shape)

    def row(self, row: int) -> Pixels:
        """The pixels of one row. Raises: as `read`."""
        pixels = np.asarray(self._mapped()[self.rows[row]]).astype(self.dtype)
        return pixels.reshape(self.shape[1:])

    def place(self, row: int) -> str:
        """The file, and the number of the row in it."""
        return f"{self.file}, row {self.rows[row]}"

    def fingerprint(self) -> bytes:
        """Names of the files, and which rows of them."""
        return repr((self.header.shape, self.header.dtype.str)).encode() + self.rows.tobytes()

    def files_read(self) -> list[Path]:
        """The file of all rows."""
        return [self.file]

    def _mapped(self) -> Pixels:
        # Mapped anew each time: it takes 0.1 ms, and a mapping kept cannot be sent to a process.
        try:
            return cast(Pixels, np.load(self.file, mmap_mode="r", allow_pickle=False))
        except (OSError, ValueError) as error:
            raise DataError(
                f"{self.file}: cannot be read ({error}). Expected a whole .npy file. Write it again "
                "with np.save."
            ) from error


def _names(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in folder.glob("*.npy")))


def _header(folder: Path, key: str) -> Header:
    return read_npy_header(folder / f"{key}.npy")


def _read(folder: Path, key: str) -> npt.NDArray[Any]:
    return read_npy(folder / f"{key}.npy")


def _read_or_leave(folder: Path, key: str) -> npt.NDArray[Any]:
    """Labels, read; images as `StoredRows`, which have what is asked of an array."""
    file = folder / f"{key}.npy"
    if not key.startswith("x_"):
        return read_npy(file)
    header = read_npy_header(file)
    refuse_no_images(header, where=str(file))
    with open_file(file):  # refuses pipes and devices
        pass
    return cast(npt.NDArray[Any], StoredRows(file, header, np.arange(header.shape[0])))


_STORE = ArrayStore(_names, _header, _read, "np.save: x_train.npy and y_train.npy")
