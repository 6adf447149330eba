"""Images without labels, for prediction."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy.typing as npt

from bnnc.runtime.data.dataset import as_images, size_text
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.file_kinds import (
    FORMATS,
    FileKind,
    called,
    entries,
    is_hidden,
    kind_of,
    passed_over_text,
    refuse_unreadable,
)
from bnnc.runtime.data.image_file import read_header
from bnnc.runtime.data.image_header import ImageHeader
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.image_stack import read_stack, refuse_unlike_bits
from bnnc.runtime.data.images import check_shape, with_channels
from bnnc.runtime.data.npz import array_names, read_npy, read_npz_array
from bnnc.runtime.data.number_table import read_rows
from bnnc.runtime.data.resizing import resize_images
from bnnc.runtime.data.table_file import TABLE_SUFFIXES
from bnnc.specs.data import Reading, Resize
from bnnc.specs.shapes import Shape, axes_text

ARRAY_KEYS: Final = ("images", "x", "x_test")


_EXPECTED: Final = {
    False: "an image file, a folder of images, or an array in .npy or .npz",
    True: "rows of features: a table in CSV, TSV or Parquet, or an array in .npy or .npz",
}


class ImagesToPredict(NamedTuple):
    """Images [N, *shape], uint8 or float32, the names of their N rows, and notes on the reading."""

    images: npt.NDArray[Any]
    names: list[str]
    notes: tuple[str, ...] = ()


def read_images(
    path: Path,
    *,
    shape: Shape,
    resize: Resize | None = None,
    feature_names: Sequence[str] | None = None,
) -> ImagesToPredict:
    """Read images, or rows of features, and the names of their rows.

    `path` is one image file, a folder of images (with its subfolders, sorted), a `.npy` file, or
    an `.npz` archive with a single array or one called `images`, `x` or `x_test`. Image files are
    converted to the channels of `shape`, that of one image: gray and colour as Pillow does,
    transparency laid on white. Rows of arrays are named by their number, image files by
    their path within the folder. Rows of features are those of a table in CSV, TSV or Parquet, whose
    columns `feature_names` are taken, or of an array.
    Raises: DataError naming the file, for images of another size among others.
    """
    try:
        if path.is_dir() and len(shape) > 1:
            files, passed_over = _image_files(path)
            names = [file.relative_to(path).as_posix() for file in files]
            images, notes = _read_files(files, shape, resize, where=path)
            told = (passed_over_text(passed_over, where=path),) if passed_over else ()
            return ImagesToPredict(images, names, (*told, *notes))
        if not path.exists():
            raise DataError(f"{path}: does not exist. Expected {_EXPECTED[len(shape) == 1]}.")
        if len(shape) == 1 and path.suffix.lower() in TABLE_SUFFIXES:
            rows = read_rows(path, feature_names, shape[0])
            return ImagesToPredict(rows, [str(row) for row in range(len(rows))])
        if path.suffix.lower() in (".npy", ".npz"):
            images = _read_array(path, shape, resize)
            return ImagesToPredict(images, [str(row) for row in range(len(images))])
        if kind_of(path) is FileKind.IMAGE:
            images, notes = _read_files([path], shape, resize, where=path.parent)
            return ImagesToPredict(images, [path.name], notes)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from error
    if len(shape) == 1:
        raise DataError(
            f"{path}: expected {_EXPECTED[True]}. Received: {path.suffix or path.name}."
        )
    raise DataError(
        f"{path}: expected an image file ({FORMATS}), a folder of images, or an array "
        f"in .npy or .npz. Received: {path.suffix or 'a file without a suffix'}. Convert the file."
    )


def _image_files(folder: Path) -> tuple[list[Path], Counter[str]]:
    """The images of a folder and its subfolders, and how many other files of which kind."""
    files: list[Path] = []
    unread: list[Path] = []
    passed_over: Counter[str] = Counter()
    waiting = [folder]
    while waiting:
        for entry in entries(waiting.pop()):
            if entry.is_dir():
                # A link to a folder is not followed: it may lead back up, and never end.
                if not entry.is_symlink() and not is_hidden(entry):
                    waiting.append(entry)
                continue
            kind = kind_of(entry)
            if kind is FileKind.IMAGE:
                files.append(entry)
            elif kind is FileKind.UNREADABLE:
                unread.append(entry)
            else:
                passed_over[called(entry)] += 1
    refuse_unreadable(unread, where=folder)
    if not files:
        raise DataError(f"{folder}: holds no images. Expected {FORMATS} files.")
    return sorted(files, key=lambda file: file.relative_to(folder).as_posix()), passed_over


def _read_files(
    files: list[Path], shape: Shape, resize: Resize | None, *, where: Path
) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    if len(shape) not in (3, 4):
        raise DataError(
            f"{files[0]}: an image file has height, width and channels, and a volume a depth. Expected "
            f"{axes_text(len(shape))}, as the model does. Give an array in .npy or .npz."
        )
    *size, channels = shape
    if channels not in (1, 3):
        raise DataError(
            f"{files[0]}: image files have 1 or 3 channels. Expected {channels}, as the model "
            "does. Give the images as an array in .npy or .npz."
        )
    notes = ImageNotes()
    headers = []
    for file in files:
        header = read_header(file, notes)
        if header.depth is not None and len(shape) == 3:
            raise DataError(
                f"{file}: holds {header.depth} images, the slices of a volume. Expected one image a "
                "file, as the model does. Save each slice as a file."
            )
        is_resized = resize is not None and header.depth is None and len(shape) == 3
        if not is_resized and header.size != tuple(size):
            raise DataError(
                f"{file}: is {size_text(header.size)} (height × width). "
                f"Expected {size_text(tuple(size))}, as the model does. Resize the image, "
                "or train with `data.resize`, which resizes images to predict too."
            )
        headers.append(header)
    refuse_unlike_bits(files, headers)
    height, width = size[-2:]
    depth = size[0] if len(size) == 3 else None
    header = ImageHeader(height, width, channels, headers[0].bits, depth)
    images = read_stack(files, header, where=where, notes=notes, reading=Reading(resize))
    return images, notes.sentences(where=where)


def _read_array(path: Path, shape: Shape, resize: Resize | None) -> npt.NDArray[Any]:
    array, where = _find_array(path)
    if resize is not None and len(shape) == 3:
        array = _resized(array, shape, resize, where)
    # A single image needs no axis of rows, and a gray one no axis of channels.
    if array.shape == shape or (shape[-1] == 1 and array.shape == shape[:-1]):
        array = array.reshape(1, *shape)
    array = with_channels(array, shape)
    check_shape(array.shape, shape=shape, where=where)
    return as_images(array, where=where)


def _resized(array: npt.NDArray[Any], shape: Shape, resize: Resize, where: str) -> npt.NDArray[Any]:
    """An array of images in the size of the model's, where it has the axes of images."""
    single = array.ndim == 2 or (array.ndim == 3 and array.shape[-1] == shape[-1])
    if array.ndim not in (3, 4) and not single:
        return array  # refused by its shape
    images = as_images(array[None] if single else array, where=where)
    return resize_images(images, resize, where=where)


def _find_array(path: Path) -> tuple[npt.NDArray[Any], str]:
    if path.suffix.lower() == ".npy":
        return read_npy(path), str(path)
    names = array_names(path)
    key = names[0] if len(names) == 1 else next((k for k in ARRAY_KEYS if k in names), None)
    if key is None:
        listed = ", ".join(f"`{name}`" for name in names) or "no arrays at all"
        raise DataError(
            f"{path}: expected a single array, or one called `images`, `x` or `x_test`. "
            f"Received: {listed}."
        )
    return read_npz_array(path, key), f"{path}, `{key}`"
