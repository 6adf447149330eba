"""NumPy files: `.npz` archives of named arrays, and single arrays in `.npy`."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import (
    Dataset,
    Header,
    Split,
    image_shapes,
    make_split,
    refuse_no_images,
    refuse_no_labels,
    refuse_unequal_rows,
    refuse_unlike_parts,
)
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.label_counts import are_few, count_labels
from bnnc.runtime.data.memory import refuse_beyond_memory_limit
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


# The parts of an archive, and the endings that the names of their arrays may have.
_ENDINGS: Final = {
    "train": ("train",),
    "validation": ("val", "valid", "validation"),
    "test": ("test",),
}
_EXPECTED = "`x_train` and `y_train`, and optionally `x_val`, `y_val`, `x_test` and `y_test`"


def load_npz(path: Path, *, name: str, classes: Sequence[str] | None = None) -> Dataset:
    """Read `x_train` and `y_train`, and those of `val` and `test` where they are there.

    Validation arrays may end in `_valid` and `_validation` too. Other arrays of the archive are
    left alone. Nothing is unpickled. `classes` names the indices of the labels.
    Raises: DataError naming the archive and the array.
    """
    endings = part_endings(path, array_names(path))
    splits = {part: _read_split(path, ending) for part, ending in endings.items()}
    train, validation, test = (splits.get(part) for part in _ENDINGS)
    assert train is not None
    refuse_unlike_parts(image_shapes(splits), where=str(path))
    return Dataset(
        name=name,
        train=train,
        test=test,
        class_names=None if classes is None else tuple(classes),
        origin=f"arrays of {path}",
        validation=validation,
    )


def npz_facts(path: Path, *, name: str, classes: Sequence[str] | None = None) -> DataFacts:
    """Facts from the headers of the arrays, and from the labels where they are few.

    Raises: DataError as `load_npz`, as far as it can be seen without the images.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for part, ending in part_endings(path, array_names(path)).items():
        images, labels = (_read_header(path, f"{axis}_{ending}") for axis in "xy")
        images_where, labels_where = (f"{path}, `{axis}_{ending}`" for axis in "xy")
        refuse_no_images(images, where=images_where)
        refuse_no_labels(labels, where=labels_where)
        refuse_unequal_rows(images.shape[0], labels.shape[0], images_where, labels_where)
        shapes[part] = images.shape[1:]
    refuse_unlike_parts(shapes, where=str(path))
    images, labels = (_read_header(path, f"{axis}_train") for axis in "xy")
    return DataFacts(
        name=name,
        rows=images.shape[0],
        shape=images.shape[1:],
        dtype=images.dtype.name,
        class_names=None if classes is None else tuple(classes),
        label_columns=labels.shape[1] if len(labels.shape) == 2 else 1,
        label_counts=count_labels(read_npz_array(path, "y_train")) if are_few(labels) else None,
        has_validation="validation" in shapes,
        has_test="test" in shapes,
    )


def part_endings(path: Path, keys: Sequence[str]) -> dict[str, str]:
    """Give the endings of the arrays of each part that is there, as in `x_val` and `y_val`.

    Raises: DataError if `train` is not there, a part has one array alone, or there are several
        pairs for validation.
    """
    found: dict[str, str] = {}
    for part, endings in _ENDINGS.items():
        there = [one for one in endings if f"x_{one}" in keys or f"y_{one}" in keys]
        if len(there) > 1:
            raise DataError(
                f"{path}: holds arrays of validation images under several names, "
                f"{_listed(tuple(f'x_{one}' for one in there))}. Expected one pair. "
                f"Received: {_listed(tuple(keys))}."
            )
        for one in there:
            missing = [key for key in (f"x_{one}", f"y_{one}") if key not in keys]
            if missing and part != "train":
                other = f"x_{one}" if missing == [f"y_{one}"] else f"y_{one}"
                raise DataError(
                    f"{path}: `{other}` is there, but `{missing[0]}` is missing. Expected both or "
                    f"neither. Received: {_listed(tuple(keys))}."
                )
            found[part] = one
    for key in ("x_train", "y_train"):
        if key not in keys:
            raise DataError(
                f"{path}: the array `{key}` is missing. Expected {_EXPECTED}. "
                f"Received: {_listed(tuple(keys))}. Write it with "
                "np.savez_compressed(path, x_train=…, y_train=…)."
            )
    return found


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
            return _check_header(stream, where=where)
    except UNREADABLE as error:
        raise _unreadable(where, "a whole array", error) from error


def read_npz_array(path: Path, key: str) -> npt.NDArray[Any]:
    """Read one array of an archive, never unpickling."""
    where = f"{path}, `{key}`"
    try:
        with open_file(path) as file, zipfile.ZipFile(file) as archive:
            with archive.open(f"{key}.npy") as stream:
                _check_header(stream, where=where)
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
            _check_header(stream, where=str(path))
            stream.seek(0)
            array: npt.NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
            rest = len(stream.read(1))
    except UNREADABLE as error:
        raise _unreadable(path, "a whole .npy file", error) from error
    _refuse_rest(rest, where=str(path))
    return array


def _read_split(path: Path, part: str) -> Split:
    return make_split(
        read_npz_array(path, f"x_{part}"),
        read_npz_array(path, f"y_{part}"),
        images_where=f"{path}, `x_{part}`",
        labels_where=f"{path}, `y_{part}`",
    )


def _check_header(stream: IO[bytes], *, where: str) -> Header:
    """The header of an array; object arrays and what is too large are refused by it."""
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
            "code the file carries, so it is not done. ArrayBatches of unequal size make such an array: "
            "give all the same size, and store uint8 or float32."
        )
    if any(length < 0 for length in shape):
        raise ValueError(f"its header gives the shape {list(shape)}")
    refuse_beyond_memory_limit(prod(shape) * dtype.itemsize, where=where)
    return Header(shape, dtype)


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


def _listed(keys: tuple[str, ...]) -> str:
    return ", ".join(f"`{key}`" for key in keys) if keys else "no arrays at all"
