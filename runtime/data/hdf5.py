"""HDF5 files with arrays called as those of an `.npz` archive are.

Their images can be streamed: the rows are read as they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import Dataset, Header, refuse_no_images
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.memory import fits_in_memory, refuse_beyond_memory_limit
from bnnc.runtime.data.named_arrays import ArrayStore, facts_of_arrays, load_arrays
from bnnc.runtime.data.npy_folder import StoredRows
from bnnc.runtime.data.stored_images import Pixels
from bnnc.specs.sources import DataFacts
from bnnc.system.reading import open_file

HDF5_SUFFIXES: Final = (".h5", ".hdf5")


def load_hdf5(
    path: Path,
    *,
    name: str,
    classes: Sequence[str] | None = None,
    streaming: bool | None = None,
) -> Dataset:
    """Read `x_train`, `y_train` and so on, data sets at the top of the file; see `load_arrays`.

    Images that are streamed stay in the file, see `HDF5Rows`.
    """
    headers = [_header(path, key) for key in _names(path) if key.startswith("x_")]
    size = sum(prod(one.shape) * one.dtype.itemsize for one in headers)
    is_streamed = not fits_in_memory(size) if streaming is None else streaming
    store = replace(_STORE, read=_read_or_leave) if is_streamed else _STORE
    return load_arrays(path, store, name=name, classes=classes)


def hdf5_facts(path: Path, *, name: str, classes: Sequence[str] | None = None) -> DataFacts:
    """Facts from the headers of the data sets, and from the labels where they are few."""
    return facts_of_arrays(path, _STORE, name=name, classes=classes)


@dataclass(frozen=True, eq=False)
class HDF5Rows(StoredRows):
    """Rows of a data set in an HDF5 file, read as they are asked for.

    Attributes:
        key: name of the data set.
    """

    key: str = ""

    def read(self) -> Pixels:
        """The pixels of all rows. Raises: DataError for a file that cannot be read."""
        # h5py takes row numbers that increase.
        numbers, places = np.unique(self.rows, return_inverse=True)
        return self._pixels(numbers)[places].reshape(self.shape)

    def row(self, row: int) -> Pixels:
        """The pixels of one row. Raises: as `read`."""
        return self._pixels(self.rows[row]).reshape(self.shape[1:])

    def place(self, row: int) -> str:
        """The file and the data set, and the number of the row in it."""
        return f"{self.file}, `{self.key}`, row {self.rows[row]}"

    def _pixels(self, rows: Any) -> Pixels:
        with _opened(self.file) as file:
            if self.key not in file:
                raise DataError(f"{self.file}: holds no `{self.key}` any more. Train anew.")
            return np.asarray(file[self.key][rows]).astype(self.dtype)


def _names(path: Path) -> tuple[str, ...]:
    import h5py

    with _opened(path) as file:
        # Soft and external links are left alone: they lead elsewhere, perhaps to other files.
        links = {name: file.get(name, getlink=True) for name in file}
        own = [name for name, link in links.items() if isinstance(link, h5py.HardLink)]
        return tuple(name for name in own if isinstance(file[name], h5py.Dataset))


def _header(path: Path, key: str) -> Header:
    with _opened(path) as file:
        return _header_of(file[key], where=f"{path}, `{key}`")


def _read(path: Path, key: str) -> npt.NDArray[Any]:
    with _opened(path) as file:
        where = f"{path}, `{key}`"
        header = _header_of(file[key], where=where)
        refuse_beyond_memory_limit(prod(header.shape) * header.dtype.itemsize, where=where)
        array: npt.NDArray[Any] = np.asarray(file[key][...])
        return array


def _read_or_leave(path: Path, key: str) -> npt.NDArray[Any]:
    """Labels, read; images as `HDF5Rows`, which have what is asked of an array."""
    if not key.startswith("x_"):
        return _read(path, key)
    header = _header(path, key)
    refuse_no_images(header, where=f"{path}, `{key}`")
    return cast("npt.NDArray[Any]", HDF5Rows(path, header, np.arange(header.shape[0]), key=key))


def _header_of(data: Any, *, where: str) -> Header:
    if data.external is not None or data.is_virtual:
        raise DataError(
            f"{where}: its numbers are in other files. Expected them in this one. Copy them into it."
        )
    shape, dtype = tuple(data.shape or (0,)), np.dtype(data.dtype)
    return Header(shape, dtype)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import h5py  # imported where it is needed: a check of other data takes milliseconds

    try:
        with open_file(path) as raw, h5py.File(raw, "r") as file:
            yield file
    except DataError:
        raise
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, MemoryError) as error:
        raise DataError(
            f"{path}: cannot be read as HDF5 ({error}). Write the file again with h5py."
        ) from error


_STORE = ArrayStore(_names, _header, _read, "h5py: file['x_train'] = …, file['y_train'] = …")
