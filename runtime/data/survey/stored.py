"""The rows of a source as they are stored, and the part that each of them is used in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.class_order import ClassesDifferError
from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.image_file import read_image
from bnnc.runtime.data.image_files import EncodedImages
from bnnc.runtime.data.image_header import ImageHeader
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.images import with_channel_axis, with_channels
from bnnc.runtime.data.known import KNOWN_SOURCES
from bnnc.runtime.data.load import load_unsplit, look_for
from bnnc.runtime.data.local_path import holds_rows_in_files, path_files
from bnnc.runtime.data.resizing import resize_pixels
from bnnc.runtime.data.source_files import SourceFiles
from bnnc.runtime.data.split import validation_split
from bnnc.runtime.data.splits import split_dataset
from bnnc.runtime.data.stored_images import StoredImages
from bnnc.specs.data import Reading, Splits
from bnnc.specs.shapes import Shape
from bnnc.specs.sources import source_path
from bnnc.specs.survey import PARTS, Place

# Pixels that are looked at together: 8 MiB as double-precision numbers, which a cache nearly holds.
_TOGETHER: Final = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class StoredPart:
    """A part of a source, before any split: arrays of images, or their files.

    `used_in` is the part that each row is used in, as its place in `PARTS`.
    """

    labels: npt.NDArray[Any]
    used_in: npt.NDArray[np.int8]
    images: Any = None
    paths: Sequence[Path] = ()

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Rows of a stored part, and their images [rows, ..., channels]."""

    rows: npt.NDArray[np.int64]
    images: npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A source, opened.

    Attributes:
        name: as a person names it.
        folder: what its files are shown relative to; None for arrays in memory.
        parts: its own parts, before any split.
        class_names: names of the classes in the order of their indices, or None.
        reading: how the rows are read.
        unread: files among the images that are none which bnnc reads.
        notes: a sentence each.
        feature_names: names of the features of a table, where they have names.
        differs: why the classes are not those that the spec lists, or None.
    """

    name: str
    folder: Path | None
    parts: Mapping[str, StoredPart]
    class_names: tuple[str, ...] | None
    reading: Reading
    unread: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    feature_names: tuple[str, ...] | None = None
    differs: ClassesDifferError | None = None

    def place(self, part: str, row: int, label: int | None) -> Place:
        """A row, as a person finds it."""
        stored = self.parts[part]
        path = stored.paths[row] if stored.paths else None
        if self.folder is not None and isinstance(stored.images, StoredImages):
            path = Path(stored.images.place(row))
        file = None if path is None else self.relative(path)
        return Place(PARTS[stored.used_in[row]], part, row, file, label)

    def relative(self, path: Path) -> str:
        """A file as a person finds it in the source."""
        is_inside = self.folder is not None and path.is_relative_to(self.folder)
        return path.relative_to(self.folder).as_posix() if is_inside else str(path)  # type: ignore[arg-type]


class Headers:
    """What the headers of the image files say, and the files that cannot be read."""

    def __init__(self, notes: ImageNotes) -> None:
        self.notes = notes
        self.counts: dict[ImageHeader, int] = {}
        self.first: dict[ImageHeader, Path] = {}
        self.failed: dict[Path, DataError] = {}

    def add(self, path: Path, header: ImageHeader) -> None:
        """Count a file that could be read."""
        self.counts[header] = self.counts.get(header, 0) + 1
        self.first.setdefault(header, path)


def open_stored(
    source: str,
    relative_to: Path | None,
    classes: Sequence[str] | None,
    reading: Reading,
    *,
    validation_fraction: float,
    seed: int,
    shape: Shape | None,
) -> Stored:
    """Open a source, and find the part that each row is used in.

    Raises: DataError for a source that is not there, or has a layout that bnnc does not read.
    """
    look_for(source, relative_to=relative_to)
    differs = None
    try:
        opened = _open(source, relative_to, classes, reading)
    except ClassesDifferError as error:
        differs, opened = error, _open(source, relative_to, None, reading)
    if isinstance(opened, SourceFiles):
        parts = {
            part: StoredPart(labels, _first(part, len(labels)), paths=paths)
            for part, (paths, labels) in opened.parts.items()
        }
    else:
        parts = {
            part: StoredPart(
                split.labels, _first(part, len(split.labels)), images=_axes(split.images, shape)
            )
            for part in PARTS
            if (split := getattr(opened, part)) is not None
        }
    parts["train"] = replace(
        parts["train"],
        used_in=_used_in(parts, opened.groups, reading.splits, validation_fraction, seed, source),
    )
    folder = _folder(source, relative_to, opened)
    unread: tuple[Path, ...] = ()
    name = source
    if isinstance(opened, SourceFiles):
        unread, features = opened.unread, None
    else:
        name, features = opened.name, opened.feature_names
    return Stored(
        name,
        folder,
        parts,
        opened.class_names,
        reading,
        unread,
        opened.notes,
        features,
        differs,
    )


def _open(
    source: str, relative_to: Path | None, classes: Sequence[str] | None, reading: Reading
) -> SourceFiles | Dataset:
    if source not in KNOWN_SOURCES:
        files = path_files(source_path(source, relative_to), classes=classes, reading=reading)
        if files is not None:
            return files
    whole = replace(reading, on_error="stop")  # rows are named by their places in the source
    if source not in KNOWN_SOURCES and holds_rows_in_files(
        source_path(source, relative_to), reading
    ):
        whole = replace(whole, streaming=True)  # one after the other: some may be unreadable
    return load_unsplit(source, relative_to, classes, whole)


def _folder(source: str, relative_to: Path | None, opened: SourceFiles | Dataset) -> Path | None:
    """What the files are shown relative to; None for arrays in memory."""
    if isinstance(opened, SourceFiles):
        return opened.folder
    if not isinstance(opened.train.images, StoredImages):
        return None
    path = source_path(source, relative_to)
    return path if path.is_dir() else path.parent


def _first(part: str, rows: int) -> npt.NDArray[np.int8]:
    return np.full(rows, PARTS.index(part), np.int8)


def _axes(images: Any, shape: Shape | None) -> Any:
    """Images with an axis of channels, which files leave out where there is one channel."""
    if shape is not None:
        return with_channels(images, shape)
    return with_channel_axis(images) if images.ndim == 3 else images


def _used_in(
    parts: Mapping[str, StoredPart],
    groups: tuple[str, ...] | None,
    splits: Splits | None,
    fraction: float,
    seed: int,
    name: str,
) -> npt.NDArray[np.int8]:
    """The part of each stored training row, as `load` and the training divide them.

    The row numbers take the place of the images. Where the shares contradict the parts that the
    source has, another rule reports it, and they are not applied.
    """
    labels = parts["train"].labels
    used_in = _first("train", len(labels))
    numbers = Dataset(name, Split(np.arange(len(labels)), labels), None, None, "", groups=groups)
    shares = {} if splits is None else {"validation": splits.validation, "test": splits.test}
    if splits is not None and not any(
        share > 0 and part in parts for part, share in shares.items()
    ):
        divided = split_dataset(numbers, splits)
        for number, split in enumerate((divided.train, divided.validation, divided.test)):
            if split is not None:
                used_in[split.images] = number
    elif fraction > 0 and "validation" not in parts:
        _, held_out = validation_split(len(labels), fraction, seed=seed)
        used_in[held_out] = PARTS.index("validation")
    return used_in


def chunks(stored: Stored, part: StoredPart, headers: Headers) -> Iterator[Chunk]:
    """All rows of a part in order, a few together; files that cannot be read go into `headers`."""
    if not part.paths and not isinstance(part.images, StoredImages):
        step = max(_TOGETHER // int(np.prod(part.images.shape[1:])), 1)
        for start in range(0, len(part), step):
            images = np.asarray(part.images[start : start + step])
            yield Chunk(np.arange(start, start + len(images)), images)
        return
    rows: list[int] = []
    held: list[npt.NDArray[Any]] = []
    for row in range(len(part)):
        pixels = _pixels(stored, part, row, headers)
        if pixels is None:
            continue
        full = held and (len(held) + 1) * pixels.size > _TOGETHER
        if held and (full or pixels.shape != held[0].shape or pixels.dtype != held[0].dtype):
            yield Chunk(np.array(rows), np.stack(held))
            rows, held = [], []
        rows.append(row)
        held.append(pixels)
    if held:
        yield Chunk(np.array(rows), np.stack(held))


def one_image(stored: Stored, part: str, row: int) -> npt.NDArray[Any]:
    """The pixels [..., channels] of one row that could be read."""
    where = stored.parts[part]
    if not where.paths:
        images: npt.NDArray[Any] = np.asarray(where.images[row : row + 1])
        return images.reshape(images.shape[1:])
    pixels = _read(where.paths[row], stored.reading, Headers(ImageNotes()))
    assert pixels is not None
    return pixels


def _pixels(
    stored: Stored, part: StoredPart, row: int, headers: Headers
) -> npt.NDArray[Any] | None:
    """The pixels of a row; None where it cannot be read, which goes into `headers`."""
    if part.paths:
        return _read(part.paths[row], stored.reading, headers)
    images = part.images
    place = Path(images.place(row))
    try:
        if isinstance(images, EncodedImages):
            return _read(place, stored.reading, headers, images.content(row))
        return cast("npt.NDArray[Any]", images.row(row))
    except DataError as error:
        headers.failed[place] = error
        return None


def _read(
    path: Path, reading: Reading, headers: Headers, content: bytes | None = None
) -> npt.NDArray[Any] | None:
    try:
        header, pixels = read_image(
            path, channels=reading.channels, notes=headers.notes, content=content
        )
    except DataError as error:
        headers.failed[path] = error
        return None
    headers.add(path, header)
    return (
        pixels if reading.resize is None or header.depth else resize_pixels(pixels, reading.resize)
    )
