"""Decoded images in a file, for those that are streamed (`data.cache: disk`).

The images of a part are decoded once, before the first epoch of a training, into one `.npy` file in
`$BNNC_CACHE_HOME`, or in `bnnc` in the user's cache folder. Then the rows of a batch are read from
it, in any order. The name of the file is a digest of the names, sizes and times of the image files
and of how they are read; a file of an earlier state of the same data is removed. It appears whole.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import Dataset, Header, Split
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.npy_folder import StoredRows
from bnnc.runtime.data.npz import read_npy_header
from bnnc.runtime.data.stored_images import Pixels, Rows, StoredImages
from bnnc.specs.data import Reading
from bnnc.system.writing import whole_file

CACHE_HOME: Final = "BNNC_CACHE_HOME"
_ROWS, _BYTES = 256, 64 * 2**20
_NAMES: Final = {"train": "training", "validation": "validation"}
# Left free on the disk: a run is written there too, perhaps.
_MARGIN: Final = 64 * 2**20


def cache_home() -> Path:
    """The folder of all caches."""
    if said := os.environ.get(CACHE_HOME):
        return Path(said)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bnnc"


def with_disk_cache(dataset: Dataset, reading: Reading) -> Dataset:
    """The data set with images that are cached on disk, where the spec says so and they are streamed.

    Nothing is written yet.
    """
    if reading.cache is None:
        return dataset
    parts = {part: getattr(dataset, part) for part in ("train", "validation")}
    cached: dict[str, Any] = {}
    notes = list(dataset.notes)
    for part, split in parts.items():
        if split is None or not isinstance(split.images, StoredImages):
            continue
        images = CachedImages.of(split.images, f"{dataset.name} ({part})", reading)
        cached[part] = Split(cast("npt.NDArray[Any]", images), split.labels)
        notes.append(
            f"{dataset.name}: the decoded {_NAMES[part]} images are kept in {images.cache.file} "
            f"({images.nbytes / 2**20:,.1f} MiB)"
        )
    if not cached:
        notes.append(f"{dataset.name}: the images are in memory, and `data.cache` is not used")
    return replace(dataset, **cached, notes=tuple(notes))


@dataclass(frozen=True, eq=False)
class DiskCache:
    """The file with the decoded rows of some images, written when it is asked for.

    Attributes:
        source: the images.
        where: what they are, for messages.
        file: the file.
    """

    source: StoredImages
    where: str
    file: Path

    @property
    def header(self) -> Header:
        """Shape and type of the array."""
        return Header(self.source.shape, self.source.dtype)

    @property
    def is_there(self) -> bool:
        """Whether the file is there, with as many bytes as it has to have."""
        try:
            whole = self.source.nbytes + len(self._beginning)
            return self.file.stat().st_size == whole and read_npy_header(self.file) == self.header
        except (OSError, DataError):
            return False

    def fill(self) -> None:
        """Decode the images into the file, unless it is there.

        Raises: DataError for an image that cannot be decoded, and without room on the disk;
            OutputError if the file cannot be written.
        """
        if self.is_there:
            return
        folder = self.file.parent
        way_out = f"Set {CACHE_HOME} to a folder on another disk, or delete `data.cache`."
        try:
            folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(folder).free
        except OSError as error:
            reason = error.strerror or error
            raise DataError(f"{folder}: cannot be written ({reason}). {way_out}") from error
        if free < self.source.nbytes + _MARGIN:
            raise DataError(
                f"{self.where}: the decoded images take {self.source.nbytes / 2**30:,.2f} GiB, and "
                f"{folder} has {free / 2**30:,.2f} GiB free. {way_out}"
            )
        with whole_file(self.file) as temporary, temporary.open("wb") as file:
            file.write(self._beginning)
            for pixels in self._decoded():
                file.write(np.ascontiguousarray(pixels).data)
        for other in folder.glob("*.npy"):
            if other != self.file:
                other.unlink(missing_ok=True)

    def _decoded(self) -> Iterator[Pixels]:
        each = max(min(_ROWS, _BYTES // max(self.source.nbytes // len(self.source), 1)), 1)
        for first in range(0, len(self.source), each):
            yield self.source[first : first + each].read()

    @cached_property
    def _beginning(self) -> bytes:
        """What an .npy file begins with."""
        beginning = io.BytesIO()
        description = {
            "descr": self.source.dtype.str,
            "fortran_order": False,
            "shape": self.source.shape,
        }
        np.lib.format.write_array_header_1_0(beginning, description)
        return beginning.getvalue()


@dataclass(frozen=True, eq=False)
class CachedImages(StoredImages):
    """Stored images whose decoded rows are in a file, once that is there.

    Attributes:
        cache: the file.
        source: the images of the rows.
        rows: numbers of the rows in the file, in their order.
        has_channels: whether the images have the axis of the channels; it is added otherwise.
    """

    cache: DiskCache
    source: StoredImages
    rows: npt.NDArray[np.int64]
    has_channels: bool = True

    @classmethod
    def of(cls, source: StoredImages, where: str, reading: Reading) -> CachedImages:
        """All rows of some images, under names that say what they are and how they are read."""
        how = repr((where, source.shape[1:], source.dtype.str, reading.channels, reading.resize))
        files = source.files_read()
        place = f"{how} {os.path.commonpath([os.path.abspath(file) for file in files])}"
        content = hashlib.sha256(source.fingerprint())
        content.update(repr([os.stat(file).st_mtime_ns for file in files]).encode())
        file = f"{content.hexdigest()[:32]}.npy"
        folder = (
            cache_home() / hashlib.sha256(place.encode(errors="surrogateescape")).hexdigest()[:32]
        )
        return cls(DiskCache(source, where, folder / file), source, np.arange(len(source)))

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, then the shape of an image."""
        return (len(self.rows), *self.cache.source.shape[1:], *([] if self.has_channels else [1]))

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the images."""
        return self.cache.source.dtype

    def __getitem__(self, rows: Rows) -> CachedImages:
        return replace(self, source=self.source[rows], rows=self.rows[rows])

    def with_channel_axis(self) -> CachedImages:
        """The same images, with an axis of one channel."""
        return replace(self, has_channels=False)

    def read(self) -> Pixels:
        """The pixels of all rows: from the file, or decoded. Raises: DataError."""
        if not self.cache.is_there:
            return self.source.read().reshape(self.shape)
        return StoredRows(self.cache.file, self.cache.header, self.rows).read().reshape(self.shape)

    def row(self, row: int) -> Pixels:
        """The pixels of one row. Raises: DataError."""
        return cast(Pixels, self[np.array([row])].read()[0])

    def place(self, row: int) -> str:
        """The image file of a row."""
        return self.source.place(row)

    def fingerprint(self) -> bytes:
        """That of the images: they are the same without a cache."""
        return self.source.fingerprint()

    def files_read(self) -> list[Path]:
        """Those of the images."""
        return self.source.files_read()
