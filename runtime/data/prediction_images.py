"""Images without labels, for prediction."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
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
from bnnc.runtime.data.image_files import ImageFiles
from bnnc.runtime.data.image_header import ImageHeader
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.image_stack import refuse_unlike_bits
from bnnc.runtime.data.images import check_shape, with_channels
from bnnc.runtime.data.memory import refuse_beyond_memory_limit
from bnnc.runtime.data.npz import array_names, read_npy, read_npz_array
from bnnc.runtime.data.number_table import read_rows
from bnnc.runtime.data.resizing import refuse_other_fill, resize_images
from bnnc.runtime.data.table_file import TABLE_SUFFIXES
from bnnc.specs.data import Reading, Resize
from bnnc.specs.one_hot import OneHot
from bnnc.specs.shapes import Shape, axes_text

ARRAY_KEYS: Final = ("images", "x", "x_test")
# Files whose headers are looked at before the first is read: a header takes a tenth of a millisecond.
_LOOKED_AT: Final = 10_000
_FEWER: Final = "Use smaller images, or fewer of them at a time."

_EXPECTED: Final = {
    False: "an image file, a folder of images, or an array in .npy or .npz",
    True: "rows of features: a table in CSV, TSV or Parquet, or an array in .npy or .npz",
}


class ImagesToPredict(NamedTuple):
    """Images [N, *shape], uint8 or float32, the names of their N rows, and notes on the reading."""

    images: npt.NDArray[Any]
    names: list[str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class FoundImages:
    """Images, or rows of features, that are read some at a time.

    Attributes:
        images: [N, *shape], uint8 or float32: an array, or image files.
        names: of the N rows.
        notes: what a person should know of what was found, a sentence each.
        shape: of one image, as the model reads it.
        resize: the size that image files are brought to, or None.
    """

    images: npt.NDArray[Any] | ImageFiles
    names: list[str]
    shape: Shape
    resize: Resize | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def read(self, rows: slice) -> npt.NDArray[Any]:
        """Some images, completely or not at all.

        Raises: DataError naming the file that cannot be read, or is unlike the first one.
        """
        some = self.images[rows]
        if not isinstance(some, ImageFiles):
            return some
        refuse_beyond_memory_limit(some.nbytes, where=str(some.folder), way_out=_FEWER)
        first = rows.start or 0
        for row in range(len(some)):
            if first + row >= _LOOKED_AT:  # the others were looked at before
                self._header(some.path(row))
        return some.read()

    def digest(self, rows: slice) -> str:
        """SHA-256 of some rows: of names, sizes and times of files, of the numbers of an array."""
        some = self.images[rows]
        made = hashlib.sha256(
            repr((some.shape, self.names[rows])).encode(errors="backslashreplace")
        )
        if isinstance(some, ImageFiles):
            stats = (os.stat(some.path(row)) for row in range(len(some)))
            made.update(repr([(one.st_size, one.st_mtime_ns) for one in stats]).encode())
        else:
            made.update(np.ascontiguousarray(some).data)
        return made.hexdigest()

    @property
    def notes_on_reading(self) -> tuple[str, ...]:
        """What is known after the images were read, a sentence each."""
        images = self.images
        if not isinstance(images, ImageFiles) or images.notes is None:
            return ()
        return images.notes.sentences(where=images.folder)

    def look(self) -> None:
        """Look at the headers of the first files, so that most mistakes are told at once.

        Raises: DataError naming the first file that the model does not read.
        """
        if isinstance(self.images, ImageFiles):
            for row in range(min(len(self), _LOOKED_AT)):
                self._header(self.images.path(row))

    def _header(self, file: Path) -> None:
        assert isinstance(self.images, ImageFiles)
        header = header_to_predict(file, self.shape, self.resize, self.images.notes)
        expected = self.images.header
        refuse_unlike_bits([self.images.path(0), file], [expected, header])


def read_images(
    path: Path,
    *,
    shape: Shape,
    resize: Resize | None = None,
    feature_names: Sequence[str] | None = None,
    one_hot: OneHot | None = None,
) -> ImagesToPredict:
    """Read all images, or rows of features, and the names of their rows.

    Raises: DataError as `find_images`, and for more than fits into memory.
    """
    found = find_images(
        path, shape=shape, resize=resize, feature_names=feature_names, one_hot=one_hot
    )
    with _system_errors(path):
        images = found.read(slice(None))
    return ImagesToPredict(images, found.names, (*found.notes, *found.notes_on_reading))


def find_images(
    path: Path,
    *,
    shape: Shape,
    resize: Resize | None = None,
    feature_names: Sequence[str] | None = None,
    one_hot: OneHot | None = None,
) -> FoundImages:
    """Find images, or rows of features, and the names of their rows; image files are not read yet.

    `path` is one image file, a folder of images (with its subfolders, sorted), a `.npy` file, or
    an `.npz` archive with a single array or one called `images`, `x` or `x_test`. Image files are
    converted to the channels of `shape`, that of one image: gray and colour as Pillow does,
    transparency laid on white. Rows of arrays are named by their number, image files by
    their path within the folder. Rows of features are those of a table in CSV, TSV or Parquet, whose
    columns `feature_names` are taken, or of an array; `one_hot` are its columns with categories.
    Raises: DataError naming the file, for images of another size among the first 10,000.
    """
    with _system_errors(path):
        if path.is_dir() and len(shape) > 1:
            names, passed_over = _image_files(path)
            told = (passed_over_text(passed_over, where=path),) if passed_over else ()
            return _files(path, names, shape, resize, notes=told)
        if not path.exists():
            raise DataError(f"{path}: does not exist. Expected {_EXPECTED[len(shape) == 1]}.")
        if len(shape) == 1 and path.suffix.lower() in TABLE_SUFFIXES:
            return _rows(read_rows(path, feature_names, shape[0], one_hot), shape)
        if path.suffix.lower() in (".npy", ".npz"):
            return _rows(_read_array(path, shape, resize), shape)
        if kind_of(path) is FileKind.IMAGE:
            return _files(path.parent, [path.name], shape, resize)
    if len(shape) == 1:
        raise DataError(
            f"{path}: expected {_EXPECTED[True]}. Received: {path.suffix or path.name}."
        )
    raise DataError(
        f"{path}: expected an image file ({FORMATS}), a folder of images, or an array "
        f"in .npy or .npz. Received: {path.suffix or 'a file without a suffix'}. Convert the file."
    )


@contextmanager
def _system_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename or path
        raise DataError(f"{where}: cannot be read ({error.strerror or error}).") from error


def _rows(array: npt.NDArray[Any], shape: Shape) -> FoundImages:
    return FoundImages(array, [str(row) for row in range(len(array))], shape)


def _image_files(folder: Path) -> tuple[list[str], Counter[str]]:
    """The images of a folder and its subfolders, and how many other files of which kind."""
    names: list[str] = []
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
                names.append(entry.relative_to(folder).as_posix())
            elif kind is FileKind.UNREADABLE:
                unread.append(entry)
            else:
                passed_over[called(entry)] += 1
    refuse_unreadable(unread, where=folder)
    if not names:
        raise DataError(f"{folder}: holds no images. Expected {FORMATS} files.")
    return sorted(names), passed_over


def _files(
    folder: Path,
    names: list[str],
    shape: Shape,
    resize: Resize | None,
    notes: tuple[str, ...] = (),
) -> FoundImages:
    """Image files of a folder, of which the first have the shape of the model's images."""
    first = folder / names[0]
    if len(shape) not in (3, 4):
        raise DataError(
            f"{first}: an image file has height, width and channels, and a volume a depth. Expected "
            f"{axes_text(len(shape))}, as the model does. Give an array in .npy or .npz."
        )
    *size, channels = shape
    if channels not in (1, 3):
        raise DataError(
            f"{first}: image files have 1 or 3 channels. Expected {channels}, as the model "
            "does. Give the images as an array in .npy or .npz."
        )
    of_reading = ImageNotes()
    bits = header_to_predict(first, shape, resize, of_reading).bits
    refuse_other_fill(resize, f"uint{bits}", where=str(folder))
    depth = size[0] if len(size) == 3 else None
    images = ImageFiles(
        folder=folder,
        names=np.array([os.fsencode(name) for name in names]),
        header=ImageHeader(size[-2], size[-1], channels, bits, depth),
        # Files in colour are read in gray where the model reads gray images.
        reading=Reading(resize, channels=channels),
        notes=of_reading,
    )
    found = FoundImages(images, names, shape, resize, notes)
    found.look()
    return found


def header_to_predict(
    file: Path, shape: Shape, resize: Resize | None, notes: ImageNotes | None
) -> ImageHeader:
    """The header of a file that a model of such images reads. Raises: DataError for another size."""
    header = read_header(file, notes)
    if header.depth is not None and len(shape) == 3:
        raise DataError(
            f"{file}: holds {header.depth} images, the slices of a volume. Expected one image a "
            "file, as the model does. Save each slice as a file."
        )
    is_resized = resize is not None and header.depth is None and len(shape) == 3
    if not is_resized and header.size != shape[:-1]:
        raise DataError(
            f"{file}: is {size_text(header.size)} (height × width). "
            f"Expected {size_text(shape[:-1])}, as the model does. Resize the image, "
            "or train with `data.resize`, which resizes images to predict too."
        )
    return header


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
