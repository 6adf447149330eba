"""HDF5 files with arrays called as those of an `.npz` archive are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import Dataset, Header
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.memory import refuse_beyond_memory_limit
from bnnc.runtime.data.named_arrays import ArrayStore, facts_of_arrays, load_arrays
from bnnc.specs.sources import DataFacts
from bnnc.system.reading import open_file

HDF5_SUFFIXES: Final = (".h5", ".hdf5")


def load_hdf5(path: Path, *, name: str, classes: Sequence[str] | None = None) -> Dataset:
    """Read `x_train`, `y_train` and so on, data sets at the top of the file; see `load_arrays`."""
    return load_arrays(path, _STORE, name=name, classes=classes)


def hdf5_facts(path: Path, *, name: str, classes: Sequence[str] | None = None) -> DataFacts:
    """Facts from the headers of the data sets, and from the labels where they are few."""
    return facts_of_arrays(path, _STORE, name=name, classes=classes)


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
        _header_of(file[key], where=f"{path}, `{key}`")
        array: npt.NDArray[Any] = np.asarray(file[key][...])
        return array


def _header_of(data: Any, *, where: str) -> Header:
    if data.external is not None or data.is_virtual:
        raise DataError(
            f"{where}: its numbers are in other files. Expected them in this one. Copy them into it."
        )
    shape, dtype = tuple(data.shape or (0,)), np.dtype(data.dtype)
    refuse_beyond_memory_limit(prod(shape) * dtype.itemsize, where=where)
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
