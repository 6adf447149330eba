"""Image files that are decoded when their rows are asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.errors import DataError, SizesDifferError
from bnnc.runtime.data.image_file import ImageHeader, read_image
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.resizing import resize_pixels
from bnnc.runtime.data.stored_images import Pixels, Rows, StoredImages
from bnnc.specs.data import Reading


@dataclass(frozen=True, eq=False)
class ImageFiles(StoredImages):
    """Image files, decoded by several threads.

    Attributes:
        folder: what the names are relative to.
        names: paths of the files, as the file system has them. Shape [N], of bytes.
        header: what the images are once they have been resized.
        reading: how the spec says that they are read.
        notes: where it is noted what is not read of a file.
    """

    folder: Path
    names: npt.NDArray[np.bytes_]
    header: ImageHeader
    reading: Reading
    notes: ImageNotes | None = None

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
        return cls(where, names, header, reading, notes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, height, width and channels."""
        header = self.header
        return (len(self.names), header.height, header.width, header.channels)

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8, or float32 of images with 16 bits a channel."""
        return np.dtype(np.float32 if self.header.bits == 16 else np.uint8)

    def __getitem__(self, rows: Rows) -> ImageFiles:
        return replace(self, names=self.names[rows])

    def place(self, row: int) -> str:
        """The file of a row."""
        return str(self.path(row))

    @property
    def files(self) -> npt.NDArray[np.bytes_]:
        """The paths of all files, as the file system has them."""
        return np.char.add(os.path.join(os.fsencode(self.folder), b""), self.names)

    def path(self, row: int) -> Path:
        """The file of a row."""
        return self.folder / os.fsdecode(self.names[row])

    def read(self) -> Pixels:
        """Decode all files, completely or not at all.

        Raises: DataError naming the first file that cannot be decoded, or is unlike the others.
        """
        images = np.empty(self.shape, self.dtype)

        def decode(row: int) -> None:
            images[row] = self.row(row)

        for _ in _pool().map(decode, range(len(self))):
            pass
        return images

    @property
    def is_plain(self) -> bool:
        """Whether the pixels of an ordinary file are those that it decodes to."""
        return self.header.bits == 8 and self.reading.resize is None

    def row(self, row: int) -> Pixels:
        """Decode one file, completely or not at all. Raises: as `read`."""
        path, expected, resize = self.path(row), self.header, self.reading.resize
        # With notes for nobody, as a TIFF of several images is refused where they are taken.
        notes = self.notes or ImageNotes()
        found, pixels = read_image(path, channels=expected.channels, notes=notes)
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
        if (found.height, found.width) != (expected.height, expected.width):
            raise SizesDifferError(
                f"{path}: is {found.height} × {found.width} (height × width), and other images are "
                f"{expected.height} × {expected.width}. Expected one size for all images. Write "
                "`resize: {height: HEIGHT, width: WIDTH}` into `data`, with the height and the "
                "width of `input.shape`."
            )
        return pixels

    def _fingerprint(self) -> bytes:
        """Names and sizes of the files: a copy of the data has other times."""
        try:
            sizes = [os.stat(self.path(row)).st_size for row in range(len(self))]
        except OSError as error:
            raise DataError(f"{error.filename}: cannot be read ({error.strerror}).") from error
        return repr(self.shape).encode() + self.names.tobytes() + np.array(sizes).tobytes()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="bnnc-images")
