"""Images in the formats of image files, decoded when their rows are asked for."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import size_text
from bnnc.runtime.data.errors import DataError, SizesDifferError
from bnnc.runtime.data.image_file import read_image
from bnnc.runtime.data.image_header import ImageHeader
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.resizing import resize_pixels
from bnnc.runtime.data.stored_images import Pixels, Rows, StoredImages
from bnnc.specs.data import Reading


@dataclass(frozen=True, eq=False, kw_only=True)
class EncodedImages(StoredImages):
    """Images of a format such as PNG or JPEG, decoded by several threads.

    Attributes:
        header: what the images are once they have been resized.
        reading: how the spec says that they are read.
        notes: where it is noted what is not read of an image.
    """

    header: ImageHeader
    reading: Reading
    notes: ImageNotes | None = None

    @property
    @abstractmethod
    def rows(self) -> int:
        """Number of rows."""

    @abstractmethod
    def path(self, row: int) -> Path:
        """The file of a row, or the place of the row in a file, for messages."""

    def content(self, row: int) -> bytes | None:
        """The bytes of an image that is within another file; None for a file of its own."""
        del row
        return None

    def place(self, row: int) -> str:
        """The file of a row, or the place in it."""
        return str(self.path(row))

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, height, width and channels; of volumes with the depth before the height."""
        return (self.rows, *self.header.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8, or float32 of images with more than 8 bits a channel."""
        return np.dtype(self.header.dtype)

    @property
    def is_plain(self) -> bool:
        """Whether the pixels of an ordinary image are those that it decodes to."""
        header = self.header
        return header.bits == 8 and header.depth is None and self.reading.resize is None

    def read(self) -> Pixels:
        """Decode all images, completely or not at all.

        Raises: DataError naming the first image that cannot be decoded, or is unlike the others.
        """
        images = np.empty(self.shape, self.dtype)

        def decode(row: int) -> None:
            images[row] = self.row(row)

        for _ in _pool().map(decode, range(len(self))):
            pass
        return images

    def failure(self, row: int) -> DataError | None:
        """Why an image cannot be decoded; None if it can, whatever its size and colours are."""
        try:
            read_image(self.path(row), content=self.content(row))
        except DataError as error:
            return error
        return None

    def row(self, row: int) -> Pixels:
        """Decode one image, completely or not at all. Raises: as `read`."""
        path, expected, resize = self.path(row), self.header, self.reading.resize
        found, pixels = read_image(
            path, channels=expected.channels, notes=self.notes, content=self.content(row)
        )
        if found.bits != expected.bits:
            raise DataError(
                f"{path}: has {found.bits} bits a channel, and other images have {expected.bits}. "
                "Expected the same in all images, as the same brightness is another number. "
                "Convert the images to the same number of bits."
            )
        if found.channels > expected.channels and self.reading.channels is None:
            raise DataError(
                f"{path}: is in colour, and other images are gray. Write `decode: {{channels: 1}}` "
                "into `data` to read all images in gray, or `decode: {channels: 3}` to read all in "
                "colour."
            )
        if resize is not None:
            return resize_pixels(pixels, resize)
        if found.size != expected.size:
            raise SizesDifferError(
                f"{path}: is {size_text(found.size)} (height × width), and other images are "
                f"{size_text(expected.size)}. Expected one size for all images. Write "
                "`resize: {height: HEIGHT, width: WIDTH}` into `data`, with the height and the "
                "width of `input.shape`."
            )
        return pixels


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageFiles(EncodedImages):
    """Image files.

    Attributes:
        folder: what the names are relative to.
        names: paths of the files, as the file system has them. Shape [N], of bytes.
    """

    folder: Path
    names: npt.NDArray[np.bytes_]

    @classmethod
    def of(
        cls,
        paths: Sequence[Path],
        header: ImageHeader,
        reading: Reading,
        *,
        where: Path,
        notes: ImageNotes | None = None,
    ) -> ImageFiles:
        """The images of some paths, which may lie outside the folder that they are named by."""
        # An array of bytes: a million paths as objects would take ten times the memory.
        names = np.array([os.fsencode(os.path.relpath(path, where)) for path in paths])
        return cls(folder=where, names=names, header=header, reading=reading, notes=notes)

    @property
    def rows(self) -> int:
        """Number of files."""
        return len(self.names)

    def __getitem__(self, rows: Rows) -> ImageFiles:
        return replace(self, names=self.names[rows])

    @property
    def files(self) -> npt.NDArray[np.bytes_]:
        """The paths of all files, as the file system has them."""
        return np.char.add(os.path.join(os.fsencode(self.folder), b""), self.names)

    def path(self, row: int) -> Path:
        """The file of a row."""
        return self.folder / os.fsdecode(self.names[row])

    def fingerprint(self) -> bytes:
        """Names and sizes of the files: a copy of the data has other times."""
        try:
            sizes = [os.stat(self.path(row)).st_size for row in range(len(self))]
        except OSError as error:
            raise DataError(f"{error.filename}: cannot be read ({error.strerror}).") from error
        return repr(self.shape).encode() + self.names.tobytes() + np.array(sizes).tobytes()

    def files_read(self) -> list[Path]:
        """The file of each row."""
        return [self.path(row) for row in range(len(self))]


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="bnnc-images")
