"""NumPy files: `.npz` archives of named arrays, and single arrays in `.npy`."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import Dataset, Header
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.memory import refuse_beyond_memory_limit
from bnnc.runtime.data.named_arrays import ArrayStore, facts_of_arrays, load_arrays
from bnnc.specs.sources import DataFacts
from bnnc.system.reading import open_file

# What zipfile and NumPy raise for a file that is not what it seems: a broken archive, an encrypted
# member (RuntimeError), an unknown compression (NotImplementedError), a header that is no header.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
# More than the header of plain numbers can have: NumPy refuses one of more than 10,000 characters.
_HEADER_BYTES = 2**14


def load_npz(path: Path, *, name: str, classes: Sequence[str] | None = None) -> Dataset:
    """Read `x_train`, `y_train` and so on; see `load_arrays`. Nothing is unpickled."""
    return load_arrays(path, _STORE, name=name, classes=classes)


def npz_facts(path: Path, *, name: str, classes: Sequence[str] | None = None) -> DataFacts:
    """Facts from the headers of the arrays, and from the labels where they are few."""
    return facts_of_arrays(path, _STORE, name=name, classes=classes)


def array_names(path: Path) -> tuple[str, ...]:
    """Give the names of the arrays in an archive, in its order."""
    try:
        with open_file(path) as file, zipfile.ZipFile(file) as archive:
            return tuple(n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy"))
    except UNREADABLE as error:
        raise _unreadable(path, "an .npz archive", error) from error


def _read_header(path: Path, key: str) -> Header:
    """Shape and dtype of an array of an archive, without its elements."""
    where = f"{path}, `{key}`"
    try:
        with (
            open_file(path) as file,
            zipfile.ZipFile(file) as archive,
            archive.open(f"{key}.npy") as stream,
        ):
            header = _check_header(stream, where=where)
            _refuse_large(header, where=where)
            return header
    except UNREADABLE as error:
        raise _unreadable(where, "a whole array", error) from error


def read_npz_array(path: Path, key: str) -> npt.NDArray[Any]:
    """Read one array of an archive, never unpickling."""
    where = f"{path}, `{key}`"
    try:
        with open_file(path) as file, zipfile.ZipFile(file) as archive:
            with archive.open(f"{key}.npy") as stream:
                _refuse_large(_check_header(stream, where=where), where=where)
            # Opened anew: a compressed member has no cheap way back to its start.
            with archive.open(f"{key}.npy") as stream:
                array: npt.NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
                # To the member's end, so that its checksum is verified, too.
                rest = len(stream.read(1))
    except UNREADABLE as error:
        raise _unreadable(where, "a whole array", error) from error
    _refuse_rest(rest, where=where)
    return array


def read_npy(path: Path) -> npt.NDArray[Any]:
    """Read a single array from a `.npy` file, never unpickling."""
    try:
        with open_file(path) as stream:
            _refuse_large(_check_header(stream, where=str(path)), where=str(path))
            stream.seek(0)
            array: npt.NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
            rest = len(stream.read(1))
    except UNREADABLE as error:
        raise _unreadable(path, "a whole .npy file", error) from error
    _refuse_rest(rest, where=str(path))
    return array


def read_npy_header(path: Path) -> Header:
    """Shape and dtype of the array of a `.npy` file, without its elements."""
    try:
        with open_file(path) as stream:
            return _check_header(stream, where=str(path))
    except UNREADABLE as error:
        raise _unreadable(path, "a whole .npy file", error) from error


def _check_header(stream: IO[bytes], *, where: str) -> Header:
    """The header of an array; object arrays are refused by it."""
    # The format lets a header be 4 GiB long, and NumPy would read all of it.
    stream = io.BytesIO(stream.read(_HEADER_BYTES))
    version = np.lib.format.read_magic(stream)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:  # 3.0 is for structured types with field names outside Latin-1
        raise ValueError(f"version {version} of the format does not hold plain numbers")
    try:
        shape, _, dtype = readers[version](stream)
    except Exception as error:  # NumPy parses it as Python: TokenError, SyntaxError, TypeError, …
        raise ValueError(f"its header is damaged: {error}") from error
    if dtype.hasobject:
        raise DataError(
            f"{where}: holds Python objects. Expected numbers. Reading objects would run whatever "
            "code the file carries, so it is not done. Rows of unequal size make such an array: "
            "give all the same size, and store uint8 or float32."
        )
    if any(length < 0 for length in shape):
        raise ValueError(f"its header gives the shape {list(shape)}")
    return Header(shape, dtype)


def _refuse_large(header: Header, *, where: str) -> None:
    refuse_beyond_memory_limit(prod(header.shape) * header.dtype.itemsize, where=where)


def _refuse_rest(rest: int, *, where: str) -> None:
    if rest:
        raise DataError(
            f"{where}: too long. Expected the end of the file after the elements that the header "
            "promises. Received: more bytes. Write the file again."
        )


def _unreadable(where: Path | str, expected: str, error: BaseException) -> DataError:
    reason = str(error) or type(error).__name__
    return DataError(
        f"{where}: cannot be read ({reason}). Expected {expected}. "
        "Write it again with np.savez_compressed or np.save, or download it again."
    )


_STORE = ArrayStore(
    array_names, _read_header, read_npz_array, "np.savez_compressed(path, x_train=…, y_train=…)"
)
