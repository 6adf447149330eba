"""Images of TFRecord files, read when their rows are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import as_images, refuse_unlike_parts, size_text
from bnnc.runtime.data.encoded_parts import UNKNOWN, kept_or_streamed, with_header
from bnnc.runtime.data.errors import DataError, SizesDifferError, SpecDataError
from bnnc.runtime.data.image_files import EncodedImages
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.resizing import refuse_other_fill, resize_pixels, resized_shape
from bnnc.runtime.data.stored_images import Pixels, Rows, StoredImages
from bnnc.runtime.data.tfrecord.features import Chosen, image_file, pixels_of
from bnnc.runtime.data.tfrecord.records import Records
from bnnc.specs.data import Reading, Resize


@dataclass(frozen=True, eq=False, kw_only=True)
class EncodedRecords(EncodedImages):
    """Records that hold image files.

    Attributes:
        records: where they are.
        chosen: the features that are read.
    """

    records: Records
    chosen: Chosen

    @property
    def rows(self) -> int:
        """Number of records."""
        return len(self.records)

    def __getitem__(self, rows: Rows) -> EncodedRecords:
        return replace(self, records=self.records[rows])

    def path(self, row: int) -> Path:
        """The file of a row, and the number of the record."""
        return self.records.place(row)

    def content(self, row: int) -> bytes:
        """The image file of a row. Raises: DataError."""
        place = str(self.path(row))
        return image_file(self.records.example(row), self.chosen, place=place)

    def fingerprint(self) -> bytes:
        """Names of the files, and which rows of them."""
        return repr(self.shape).encode() + self.records.fingerprint()

    def files_read(self) -> list[Path]:
        """The files of the records."""
        return list(self.records.files)


@dataclass(frozen=True, eq=False, kw_only=True)
class RawRecords(StoredImages):
    """Records that hold pixels, serialized tensors or lists of numbers.

    Attributes:
        records: where they are.
        chosen: the features that are read.
        image_shape: of one image, once it has been resized.
        image_dtype: uint8 or float32.
        resize: the size that images are brought to, or None.
        has_channels: whether the images have the axis of the channels; it is added otherwise.
    """

    records: Records
    chosen: Chosen
    image_shape: tuple[int, ...]
    image_dtype: np.dtype[Any]
    resize: Resize | None = None
    has_channels: bool = True

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, then the shape of an image."""
        return (len(self.records), *self.image_shape, *([] if self.has_channels else [1]))

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8 of uint8 and booleans, otherwise float32."""
        return self.image_dtype

    def __getitem__(self, rows: Rows) -> RawRecords:
        return replace(self, records=self.records[rows])

    def with_channel_axis(self) -> RawRecords:
        """The same images, with an axis of one channel."""
        return replace(self, has_channels=False)

    def read(self) -> Pixels:
        """The pixels of all rows. Raises: as `row`."""
        images = np.empty(self.shape, self.dtype)
        for row in range(len(self)):
            images[row] = self.row(row)
        return images

    def row(self, row: int) -> Pixels:
        """The pixels of one row. Raises: DataError for a damaged record, and another size."""
        place = self.place(row)
        pixels = _one(self.records, self.chosen, row, self.resize)
        if pixels.shape != self.image_shape:
            raise SizesDifferError(
                f"{place}: is {size_text(pixels.shape)}, and other images are "
                f"{size_text(self.image_shape)}. Expected one size for all images. Write "
                "`resize: {height: HEIGHT, width: WIDTH}` into `data`, with the height and the "
                "width of `input.shape`."
            )
        if pixels.dtype != self.dtype:
            raise DataError(
                f"{place}: has pixels of {pixels.dtype}, and other images of {self.dtype}. "
                "Expected one type for all images."
            )
        return pixels.reshape(self.shape[1:])

    def failure(self, row: int) -> DataError | None:
        """Why a record cannot be read; None if it can, whatever its size is."""
        try:
            _one(self.records, self.chosen, row, self.resize)
        except DataError as error:
            return error
        return None

    def place(self, row: int) -> str:
        """The file of a row, and the number of the record."""
        return str(self.records.place(row))

    def fingerprint(self) -> bytes:
        """Names of the files, and which rows of them."""
        return repr((self.shape, self.dtype.str)).encode() + self.records.fingerprint()

    def files_read(self) -> list[Path]:
        """The files of the records."""
        return list(self.records.files)


def stored_records(
    parts: Mapping[str, Records],
    chosen: Chosen,
    reading: Reading,
    notes: ImageNotes,
    *,
    where: Path,
    most: int | None = None,
) -> dict[str, StoredImages]:
    """The images of each part, of which some were looked at, or all where `most` is None.

    Raises: DataError for images that are unlike each other, or no images.
    """
    if chosen.form != "file":
        raw = {part: _raw(records, chosen, reading) for part, records in parts.items()}
        shapes = {part: one.image_shape for part, one in raw.items()}
        refuse_unlike_parts(shapes, where=str(where))
        return dict(raw)
    encoded = {
        part: EncodedRecords(
            header=UNKNOWN, reading=reading, notes=notes, records=records, chosen=chosen
        )
        for part, records in parts.items()
    }
    return dict(with_header(encoded, notes, where=where, most=most))


def images_of_records(
    parts: Mapping[str, Records],
    chosen: Chosen,
    reading: Reading,
    notes: ImageNotes,
    *,
    where: Path,
) -> dict[str, npt.NDArray[Any]]:
    """The images of each part: read, or left in their files. Raises: as `stored_records`."""

    def stored(most: int | None) -> Mapping[str, StoredImages]:
        return stored_records(parts, chosen, reading, notes, where=where, most=most)

    return kept_or_streamed(stored, reading, notes, where=where)


def _raw(records: Records, chosen: Chosen, reading: Reading) -> RawRecords:
    place = str(records.place(0))
    if reading.channels is not None:
        raise SpecDataError(
            f"{place}: holds pixels, and `data.decode` is about image files. Delete `decode`.",
            *("data", "decode"),
        )
    first = _one(records, chosen, 0, None)
    resize = reading.resize
    shape = first.shape if resize is None else resized_shape(first.shape, resize, name=place)
    refuse_other_fill(resize, first.dtype.name, where=place)
    return RawRecords(
        records=records, chosen=chosen, image_shape=shape, image_dtype=first.dtype, resize=resize
    )


def _one(records: Records, chosen: Chosen, row: int, resize: Resize | None) -> Pixels:
    """The pixels of a row, uint8 or float32."""
    place = str(records.place(row))
    stored = pixels_of(records.example(row), chosen, place=place)
    pixels: Pixels = as_images(stored[np.newaxis], where=place)[0]
    if resize is None or pixels.ndim not in (2, 3):
        return pixels
    shape = resized_shape(pixels.shape, resize, name=place)
    return resize_pixels(pixels.reshape(*pixels.shape[:2], -1), resize).reshape(shape)
