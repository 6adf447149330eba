"""Batches of images that are read from their files, in parallel and in a fixed order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.data.disk_cache import CachedImages
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.image_files import EncodedImages, ImageFiles
from bnnc.runtime.data.images import check_rows
from bnnc.runtime.data.npy_folder import StoredRows
from bnnc.runtime.data.stored_images import StoredImages

Rows = npt.NDArray[np.int64]

# The end of a JPEG file. Depth and kind of a PNG are at a fixed place; transparency and the pixels
# begin after it, in the first bytes of nearly all files.
_JPEG_END = b"\xff\xd9"
_PNG_DEPTH, _PNG_BEGINNING = 24, 2048
_READ_TOGETHER: Final = 32
_IN_PARALLEL: Final = MappingProxyType(
    {"num_parallel_calls": os.cpu_count() or 1, "deterministic": True}
)


@dataclass(frozen=True, eq=False)
class StoredReader:
    """Reads rows of stored images.

    TensorFlow decodes whole JPEG and PNG files of 8 bits that need nothing else, which is faster than
    Python's threads (`benchmarks/streaming.md`); `EncodedImages` reads all others. The pixels are the
    same.

    Args:
        images: [rows, height, width, channels].
        value_range: the lowest and the highest value that the spec allows.
    """

    images: StoredImages
    value_range: tuple[float, float]
    _failures: list[DataError] = field(default_factory=list, init=False, repr=False)

    def batches(
        self, labels: npt.NDArray[np.generic], order: Rows, batch_size: int
    ) -> tf.data.Dataset:
        """Images as float32, and labels, in the order of rows."""
        rows = (order, labels[order])
        plain = self._plain
        if isinstance(self.images, CachedImages):
            self.images.cache.fill()
        with tf.device("CPU"):
            if isinstance(self.images, CachedImages | StoredRows):
                several = tf.data.Dataset.from_tensor_slices(rows).batch(batch_size)
                return several.map(self._together, **_IN_PARALLEL).prefetch(2)
            if plain is None:
                ordered = tf.data.Dataset.from_tensor_slices(rows)
                decoded = ordered.map(self._by_python, **_IN_PARALLEL)
            elif isinstance(plain, ImageFiles):
                ordered = tf.data.Dataset.from_tensor_slices((*rows, plain[order].files))
                decoded = ordered.map(self._file_by_tensorflow, **_IN_PARALLEL)
            else:
                # Python reads the bytes of several images in one call, as each call waits for its turn.
                several = tf.data.Dataset.from_tensor_slices(rows).batch(_READ_TOGETHER)
                ordered = several.map(self._with_contents, **_IN_PARALLEL).unbatch()
                decoded = ordered.map(self._by_tensorflow, **_IN_PARALLEL)
            return (
                decoded.batch(batch_size)
                .map(lambda images, labels: (tf.cast(images, tf.float32), labels))
                .prefetch(2)
            )

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Raise the DataError of a file instead of TensorFlow's, which names none."""
        try:
            yield
        except tf.errors.OpError as error:
            if self._failures:
                raise self._failures[0] from None
            for row in range(len(self.images)):
                self.images.row(row)
            raise DataError(
                f"{self.images.place(0)} or another file: TensorFlow cannot decode it ({error.message}). "
                "Write the images anew."
            ) from error

    @property
    def _plain(self) -> EncodedImages | None:
        """The images, if whole files of 8 bits are what is read: any of their values is allowed."""
        low, high = self.value_range
        images = self.images
        is_encoded = isinstance(images, EncodedImages) and images.is_plain
        return cast(EncodedImages, images) if is_encoded and low <= 0 and high >= 255 else None

    def _together(self, rows: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The rows of a batch, which are in one array already, as float32."""
        pixels = tf.numpy_function(self._read_together, [rows], self.images.dtype, stateful=False)
        pixels = tf.ensure_shape(pixels, (None, *self.images.shape[1:]))
        return tf.cast(pixels, tf.float32), labels

    def _by_python(self, row: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        pixels = tf.numpy_function(self._read, [row], self.images.dtype, stateful=False)
        return tf.ensure_shape(pixels, self.images.shape[1:]), label

    def _file_by_tensorflow(
        self, row: tf.Tensor, label: tf.Tensor, file: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        return self._by_tensorflow(row, label, tf.io.read_file(file))

    def _with_contents(
        self, rows: tf.Tensor, labels: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        contents = tf.numpy_function(self._read_contents, [rows], tf.string, stateful=False)
        return rows, labels, tf.ensure_shape(contents, rows.shape)

    def _by_tensorflow(
        self, row: tf.Tensor, label: tf.Tensor, contents: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """By TensorFlow what it decodes as Pillow does, and all else by Python."""
        shape = self.images.shape[1:]

        def by_python() -> tf.Tensor:
            return self._by_python(row, label)[0]

        def other() -> tf.Tensor:
            is_png = _is_plain_png(contents, shape)
            return tf.cond(is_png, lambda: _png(contents, shape), by_python)

        is_jpeg = _is_plain_jpeg(contents, shape)
        return tf.cond(is_jpeg, lambda: _jpeg(contents, shape), other), label

    def _read_contents(self, rows: Rows) -> npt.NDArray[np.object_]:
        assert isinstance(self.images, EncodedImages)
        try:
            return np.array([self.images.content(int(row)) for row in rows], np.object_)
        except DataError as error:
            self._failures.append(error)
            raise

    def _read_together(self, rows: Rows) -> npt.NDArray[Any]:
        some, (low, high) = self.images[rows], self.value_range
        try:
            pixels = some.read()
            if pixels.dtype != np.uint8 or low > 0 or high < 255:
                check_rows(pixels, some, self.value_range)
        except DataError as error:
            self._failures.append(error)
            raise
        return pixels

    def _read(self, row: np.int64) -> npt.NDArray[Any]:
        try:
            pixels = self.images.row(int(row))
            one = self.images[np.array([row])]
            check_rows(pixels[np.newaxis], one, self.value_range)
        except DataError as error:
            self._failures.append(error)
            raise
        return pixels


def _is_plain_jpeg(contents: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
    """Whether a file is a whole JPEG of the wanted shape."""
    is_whole = tf.strings.substr(contents, -2, 2) == _JPEG_END
    return tf.cond(
        tf.io.is_jpeg(contents) & is_whole,
        lambda: tf.reduce_all(tf.io.extract_jpeg_shape(contents) == list(shape)),
        lambda: False,
    )


def _jpeg(contents: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
    # As Pillow decodes.
    pixels = tf.io.decode_jpeg(contents, channels=shape[-1], dct_method="INTEGER_ACCURATE")
    return tf.ensure_shape(pixels, shape)


def _is_plain_png(contents: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
    """Whether a file is a PNG of the wanted shape: 8 bits, no palette, nothing transparent."""
    height, width, channels = shape
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + np.array([width, height], ">u4").tobytes()
    header += bytes((8, 0 if channels == 1 else 2))
    beginning = tf.strings.substr(contents, 0, _PNG_BEGINNING)
    has_pixels = tf.strings.regex_full_match(beginning, r"\C*IDAT\C*")
    is_transparent = tf.strings.regex_full_match(beginning, r"\C*tRNS\C*")
    has_header = tf.strings.substr(contents, 0, _PNG_DEPTH + 2) == header
    return has_header & has_pixels & ~is_transparent


def _png(contents: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
    return tf.ensure_shape(tf.io.decode_png(contents, channels=shape[-1]), shape)
