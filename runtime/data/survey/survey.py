"""Survey a source: one pass over its rows, batch by batch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.image_stack import joint_header
from bnnc.runtime.data.images import USUAL_RANGES
from bnnc.runtime.data.survey.class_indices import ClassIndices, class_indices
from bnnc.runtime.data.survey.duplicates import digests, equal_rows
from bnnc.runtime.data.survey.moments import Moments, row_moments
from bnnc.runtime.data.survey.odd import FEWEST_ROWS, Looks, odd_images, polarity
from bnnc.runtime.data.survey.pictures import pictures_of
from bnnc.runtime.data.survey.stored import Headers, Stored, chunks, open_stored
from bnnc.specs.data import AS_STORED, Reading
from bnnc.specs.shapes import Shape
from bnnc.specs.sources import SOURCES
from bnnc.specs.survey import PARTS, Column, FileCounts, OddImage, Place, Survey, UnreadableFile


def survey_data(
    source: str,
    *,
    relative_to: Path | None = None,
    classes: Sequence[str] | None = None,
    reading: Reading = AS_STORED,
    validation_fraction: float = 0.0,
    seed: int = 0,
    shape: Shape | None = None,
    output_classes: int | None = None,
    pictures: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Survey, DataError | None]:
    """Look at every row of a source, with the loaders that the training has.

    Args:
        source: a known name or a path.
        relative_to: what a path is relative to; the current folder if None.
        classes: names of the classes in their order, as the spec has them.
        reading: how the rows are read, and what is split off the training rows.
        validation_fraction: share of the training rows that is held out, where `reading` splits
            nothing off.
        seed: the seed of that choice.
        shape: of one image, as the spec has it; an array without an axis of channels has one if
            None.
        output_classes: classes of the output; labels are compared with it.
        pictures: rows to show of each class; 0 for none.
        progress: called with the number of rows that were looked at, and of all rows.

    Returns: what the rows show, and why the training would refuse the data: classes that are not
        those of the spec, images of several sizes, of 8 and of 16 bits. Unreadable files are in the
        survey.
    Raises: DataError for a source that is not there, or that cannot be read at all.
    """
    stored = open_stored(
        source,
        relative_to,
        classes,
        reading,
        validation_fraction=validation_fraction,
        seed=seed,
        shape=shape,
    )
    headers = Headers(ImageNotes())
    rows = sum(map(len, stored.parts.values()))
    looked, done = {}, 0
    for part, one in stored.parts.items():

        def tell(of_part: int, before: int = done) -> None:
            if progress is not None:
                progress(before + of_part, rows)

        looked[part] = _look(stored, part, headers, tell)
        done += len(one)
    if not any(one.readable.any() for one in looked.values()):
        raise _nothing_readable(stored, headers)
    known = SOURCES.get(source)
    kind = "real" if known is not None and known.classes is None else reading.kind
    labels = {
        part: class_indices(one.labels, kind, output_classes) for part, one in stored.parts.items()
    }
    found = _Found(stored, headers, looked, labels)
    survey = found.survey(output_classes)
    if pictures:
        survey = pictures_of(stored, survey, labels, looked["train"].readable, pictures)
    return survey, stored.differs or _refusal(stored, headers)


@dataclass(frozen=True, slots=True, eq=False)
class _Looked:
    """What a pass over a stored part has seen of each row; rows without pixels are not readable."""

    readable: npt.NDArray[np.bool_]
    hashes: npt.NDArray[np.uint64]
    looks: npt.NDArray[np.float64]
    moments: Mapping[int, Moments]
    low: float
    high: float
    shapes: set[tuple[int, ...]]
    dtypes: set[str]


def _look(stored: Stored, name: str, headers: Headers, tell: Callable[[int], None]) -> _Looked:
    part = stored.parts[name]
    rows = len(part)
    readable = np.zeros(rows, np.bool_)
    hashes = np.zeros((rows, 2), np.uint64)
    looks = np.zeros((rows, 3))
    moments: dict[int, Moments] = {}
    low, high = np.inf, -np.inf
    shapes: set[tuple[int, ...]] = set()
    dtypes: set[str] = set()
    for chunk in chunks(stored, part, headers):
        images, where = chunk.images, chunk.rows
        each = row_moments(images)
        readable[where] = True
        hashes[where] = digests(images)
        looks[where, 0], looks[where, 1] = each.brightness, each.contrast
        looks[where, 2] = polarity(images, each.contrast)
        channels = images.shape[-1]
        trained = part.used_in[where] == 0
        moments.setdefault(channels, Moments(channels)).add(each.of(trained))
        low, high = min(low, float(images.min())), max(high, float(images.max()))
        shapes.add(images.shape[1:])
        dtypes.add(images.dtype.name)
        tell(int(where[-1]) + 1)
    return _Looked(readable, hashes, looks, moments, low, high, shapes, dtypes)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Everything that a survey is put together from."""

    stored: Stored
    headers: Headers
    looked: Mapping[str, _Looked]
    labels: Mapping[str, ClassIndices | None]

    def survey(self, output_classes: int | None) -> Survey:
        """The survey, without pictures."""
        stored = self.stored
        values = (
            min(one.low for one in self.looked.values()),
            max(one.high for one in self.looked.values()),
        )
        dtype = max(set().union(*(one.dtypes for one in self.looked.values())), key=len)
        mean, std = self._moments()
        counts, stored_counts = self._counts(output_classes)
        return Survey(
            name=stored.name,
            rows=self._rows(),
            shape=self._shape(),
            dtype="float32" if dtype == "uint16" else dtype,
            values=values,
            value_range=None if self._is_table else self._value_range(values, dtype),
            mean=mean,
            std=std,
            class_names=stored.class_names,
            label_counts=counts,
            stored_counts=stored_counts,
            files=self._files(),
            duplicates=self._duplicates(),
            unreadable=self._unreadable(),
            outside=tuple(self._outside()),
            odd=() if self._is_table else tuple(self._odd(values)),
            columns=tuple(self._columns(mean, std)) if self._is_table else (),
            notes=(*stored.notes, *self._file_notes()),
        )

    @property
    def _is_table(self) -> bool:
        """Whether the rows are features, and no images."""
        return all(len(shape) == 1 for one in self.looked.values() for shape in one.shapes)

    def _columns(self, mean: Sequence[float], std: Sequence[float]) -> Iterator[Column]:
        """The features; those of arrays are called by their numbers."""
        rows = np.concatenate([np.asarray(one.images) for one in self.stored.parts.values()])
        names = self.stored.feature_names or [str(one) for one in range(rows.shape[1])]
        low, high = rows.min(axis=0).tolist(), rows.max(axis=0).tolist()
        for numbers in zip(names, low, high, mean, std, strict=True):
            yield Column(*numbers)

    def _rows(self) -> dict[str, int]:
        rows = np.zeros(len(PARTS), np.int64)
        for name, one in self.looked.items():
            used_in = self.stored.parts[name].used_in[one.readable]
            rows += np.bincount(used_in, minlength=len(PARTS))
        return {part: int(count) for part, count in zip(PARTS, rows, strict=True) if count}

    def _shape(self) -> tuple[int, ...] | None:
        shapes = set().union(*(one.shapes for one in self.looked.values()))
        sizes = {shape[:-1] for shape in shapes}
        if len(sizes) > 1:
            return None
        return (*sizes.pop(), max(shape[-1] for shape in shapes))

    def _moments(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation of the training rows; gray files count as colour among it."""
        each = [one for looked in self.looked.values() for one in looked.moments.values()]
        channels = max(len(one.mean) for one in each)
        joined = Moments(channels)
        for one in each:
            joined.join(one)
        return tuple(map(float, joined.mean)), tuple(map(float, joined.std))

    def _value_range(self, values: tuple[float, float], dtype: str) -> tuple[float, float] | None:
        known = SOURCES.get(self.stored.name)
        if known is not None:
            return known.value_range
        low, high = values
        if self.headers.counts and dtype == "uint8":
            return 0.0, 255.0
        narrowest = 4095 if self.headers.counts else 0  # of files with 16 bits
        for first, last in USUAL_RANGES:
            if low >= first and high <= last >= narrowest:
                return float(first), float(last)
        return low, high

    def _counts(
        self, output_classes: int | None
    ) -> tuple[Mapping[str, tuple[int, ...]] | None, tuple[int, ...] | None]:
        """Rows of each class by the part that they are used in, and of the stored training part.

        Labels outside the classes of the output are not counted.
        """
        if any(one is None for one in self.labels.values()):
            return None, None
        names = self.stored.class_names
        seen = [one.indices.max(initial=-1) + 1 for one in self.labels.values() if one is not None]
        size = max(len(names or ()), output_classes or max(map(int, seen)))
        counts = {part: np.zeros(size, np.int64) for part in self._rows()}
        for name, one in self.labels.items():
            assert one is not None
            used_in, readable = self.stored.parts[name].used_in, self.looked[name].readable
            for part, of_part in counts.items():
                chosen = readable & (used_in == PARTS.index(part)) & _within(one.indices, size)
                of_part += np.bincount(one.indices[chosen], minlength=size)
        train = self.labels["train"]
        assert train is not None
        whole = np.bincount(train.indices[_within(train.indices, size)], minlength=size)
        as_tuples = {part: tuple(map(int, of_part)) for part, of_part in counts.items()}
        return as_tuples, tuple(map(int, whole))

    def _files(self) -> FileCounts | None:
        counts = self.headers.counts
        if not counts:
            return None
        sizes: dict[tuple[int, int], int] = {}
        bits: dict[int, int] = {}
        channels: dict[int, int] = {}
        for header, count in counts.items():
            size = (header.height, header.width)
            sizes[size] = sizes.get(size, 0) + count
            bits[header.bits] = bits.get(header.bits, 0) + count
            channels[header.channels] = channels.get(header.channels, 0) + count
        return FileCounts(sum(counts.values()), sizes, bits, channels)

    def _duplicates(self) -> tuple[tuple[Place, ...], ...]:
        names = list(self.looked)
        rows = [np.flatnonzero(one.readable) for one in self.looked.values()]
        begins = np.cumsum([0, *map(len, rows)])
        hashes = np.concatenate([one.hashes[one.readable] for one in self.looked.values()])

        def place(index: int) -> Place:
            part = int(np.searchsorted(begins, index, side="right")) - 1
            return self._place(names[part], int(rows[part][index - begins[part]]))

        return tuple(tuple(map(place, map(int, group))) for group in equal_rows(hashes))

    def _place(self, name: str, row: int) -> Place:
        of_classes = self.labels[name]
        label = None if of_classes is None else int(of_classes.indices[row])
        return self.stored.place(name, row, None if label == -1 else label)

    def _outside(self) -> Iterator[Place]:
        for name, one in self.labels.items():
            if one is not None:
                for row in np.flatnonzero(one.outside):
                    yield self._place(name, int(row))

    def _odd(self, values: tuple[float, float]) -> Iterator[OddImage]:
        """The odd images of each part, against the training rows where the part is small."""
        for number in range(len(PARTS)):
            of_part = self._looks(number)
            if not of_part:
                continue
            every = np.concatenate([numbers for _, _, numbers in of_part])
            usual = every
            if len(every) < FEWEST_ROWS:
                usual = np.concatenate([numbers for _, _, numbers in self._looks(0)] or [every])
            for name, rows, numbers in of_part:
                for row, kind, value, median in odd_images(
                    Looks(*numbers.T), Looks(*usual.T), values
                ):
                    yield OddImage(self._place(name, int(rows[row])), kind, value, median)

    def _looks(
        self, number: int
    ) -> list[tuple[str, npt.NDArray[np.int64], npt.NDArray[np.float64]]]:
        """For each stored part that has rows of a part: its name, these rows, and their numbers."""
        found = []
        for name, one in self.looked.items():
            rows = np.flatnonzero(one.readable & (self.stored.parts[name].used_in == number))
            if len(rows):
                found.append((name, rows, one.looks[rows]))
        return found

    def _unreadable(self) -> tuple[UnreadableFile, ...]:
        relative = self.stored.relative
        others = [
            UnreadableFile(relative(path), "holds data that is not read")
            for path in self.stored.unread
        ]
        failed = [
            UnreadableFile(relative(path), _reason(error, path))
            for path, error in self.headers.failed.items()
        ]
        return tuple(sorted((*failed, *others), key=lambda one: one.file))

    def _file_notes(self) -> tuple[str, ...]:
        folder = self.stored.folder
        return () if folder is None else self.headers.notes.sentences(where=folder)


def _within(indices: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.bool_]:
    return (indices >= 0) & (indices < size)


def _reason(error: DataError, path: Path) -> str:
    """The first sentence of an error about a file, without the file's name."""
    return str(error).removeprefix(f"{path}: ").partition(". ")[0]


def _refusal(stored: Stored, headers: Headers) -> DataError | None:
    """Why image files cannot be rows of one array, in the words of the loader; None if they can."""
    if stored.folder is None or not headers.first:
        return None
    try:
        joint_header(
            list(headers.first.values()), list(headers.first), stored.reading, where=stored.folder
        )
    except DataError as error:
        return error
    return None


def _nothing_readable(stored: Stored, headers: Headers) -> DataError:
    first: Any = next(iter(headers.failed.values()), None)
    return DataError(
        f"{stored.folder}: none of the {len(headers.failed):,} image files can be read. The first: "
        f"{first}"
    )
