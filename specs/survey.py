"""What a look at every row of the data shows, as values for the rules and for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

PARTS = ("train", "validation", "test")
"""The parts of a data set, in their usual order."""

OddKind = Literal[
    "blank", "nearly constant", "inverted", "dark", "bright", "low contrast", "high contrast"
]


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the data, as a person finds it.

    Attributes:
        part: the part that the row is in: `train`, `validation` or `test`.
        stored: the part that it has in the source, before any split.
        row: its number there, from 0.
        file: its image file, relative to the source; None for arrays.
        label: its class index; None for other labels.
    """

    part: str
    stored: str
    row: int
    file: str | None = None
    label: int | None = None

    def __str__(self) -> str:
        return self.file or f"{self.stored}[{self.row}]"


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """An image file that cannot be read, and why, in words."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class OddImage:
    """An image that is unlike the others of its part.

    Attributes:
        place: the row.
        kind: how it differs.
        value: its mean or, for contrast, its standard deviation, in raw units.
        usual: the median over the part.
    """

    place: Place
    kind: OddKind
    value: float
    usual: float


@dataclass(frozen=True, slots=True)
class FileCounts:
    """What the headers of image files say.

    Attributes:
        count: files that can be read.
        sizes: files of each height and width.
        bits: files of each number of bits a channel.
        channels: files of each number of channels.
    """

    count: int
    sizes: Mapping[tuple[int, int], int]
    bits: Mapping[int, int]
    channels: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Column:
    """A feature of a table of numbers, over all rows; mean and deviation over the training rows."""

    name: str
    low: float
    high: float
    mean: float
    std: float


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A row to show: its pixels [height, width, channels], and the heading that it is under."""

    heading: str
    place: Place
    note: str
    pixels: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What every row of the data shows.

    Attributes:
        name: the data as a person names it.
        rows: readable rows of each part.
        shape: of one image as it is read; None where the sizes differ.
        dtype: NumPy's name of the numbers.
        values: the lowest and the highest raw value.
        value_range: what a raw value can be, as `input.value_range` has it.
        mean: of the raw values of the training rows, a number per channel.
        std: their standard deviation, a number per channel.
        class_names: names of the classes, in the order of their indices.
        label_counts: rows of each class, for each part; None for labels that are no classes.
        stored_counts: rows of each class of the source's training part, before a validation split.
        files: what the headers of image files say; None for arrays.
        duplicates: groups of rows with the same pixels.
        unreadable: image files that cannot be read.
        outside: rows whose label is none of the classes.
        odd: images that are unlike the others of their part.
        notes: what a person should know of how the data was read, a sentence each.
        columns: the features of a table of numbers; none of images.
        pictures: rows to show, where they were asked for.
    """

    name: str
    rows: Mapping[str, int]
    shape: tuple[int, ...] | None
    dtype: str
    values: tuple[float, float] | None
    value_range: tuple[float, float] | None
    mean: tuple[float, ...]
    std: tuple[float, ...]
    class_names: tuple[str, ...] | None = None
    label_counts: Mapping[str, tuple[int, ...]] | None = None
    stored_counts: tuple[int, ...] | None = None
    files: FileCounts | None = None
    duplicates: tuple[tuple[Place, ...], ...] = ()
    unreadable: tuple[UnreadableFile, ...] = ()
    outside: tuple[Place, ...] = ()
    odd: tuple[OddImage, ...] = ()
    notes: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    pictures: tuple[Picture, ...] = field(default=(), repr=False, compare=False)

    @property
    def blank(self) -> frozenset[Place]:
        """Rows whose pixels are all equal: that two of them are alike says nothing."""
        return frozenset(one.place for one in self.odd if one.kind == "blank")

    def class_name(self, label: int) -> str:
        """The name of a class, or its index where it has none."""
        names = self.class_names
        return names[label] if names is not None and 0 <= label < len(names) else str(label)

    def standardisation(
        self, value_range: tuple[float, float]
    ) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation after `value_range` has been mapped to [0, 1]."""
        low, high = value_range
        width = high - low
        mean = tuple((one - low) / width for one in self.mean)
        return mean, tuple(one / width for one in self.std)

    def duplicates_between(self, part: str, other: str) -> tuple[tuple[Place, ...], ...]:
        """The groups of rows with the same pixels that have rows of both parts."""
        return tuple(
            group for group in self.duplicates if {part, other} <= {place.part for place in group}
        )

    def repeated_rows(self) -> Mapping[tuple[str, str], int]:
        """Rows of the second part with the pixels of a row of the first, for each pair of parts.

        Within a part, the first row of each group is not counted.
        """
        found: dict[tuple[str, str], int] = {}
        for part, other in self._pairs():
            count = 0
            for group in self.duplicates:
                of_part = sum(place.part == part for place in group)
                of_other = sum(place.part == other for place in group)
                count += max(of_part - 1, 0) if part == other else of_other * (of_part > 0)
            if count:
                found[part, other] = count
        return found

    def _pairs(self) -> Iterator[tuple[str, str]]:
        parts = [part for part in PARTS if part in self.rows]
        for index, part in enumerate(parts):
            for other in parts[index:]:
                yield part, other
