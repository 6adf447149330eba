"""The rows of TFRecord files: where their records are, and their labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.stored_images import Rows
from bnnc.runtime.data.tfrecord.example import Feature, features_of
from bnnc.runtime.data.tfrecord.features import Chosen, label_of, text_of
from bnnc.runtime.data.tfrecord.framing import (
    Record,
    begins_as_records,
    mapped,
    read_record,
    records_of,
)

# As TensorFlow's own programs and TensorFlow Datasets name such files.
_NAME: Final = re.compile(r".*\.tfrec(ord)?s?(-[0-9]+-of-[0-9]+)?", re.IGNORECASE)
_SHARD: Final = re.compile(r".*-[0-9]{4,5}-of-[0-9]{4,5}")


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Records of several files, in the order of the files and of the records in them.

    Attributes:
        files: the files.
        of: for each row, the number of its file, of the record in it, its first byte and its
            length. Shape [rows, 4].
    """

    files: tuple[Path, ...]
    of: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.of)

    def __getitem__(self, rows: Rows) -> Records:
        return replace(self, of=self.of[rows])

    def place(self, row: int) -> Path:
        """The file of a row with the number of the record, for messages."""
        file, number, *_ = self.of[row]
        return Path(f"{self.files[file]}, record {number}")

    def example(self, row: int) -> dict[str, Feature]:
        """The features of a row. Raises: DataError for a record that is damaged."""
        file, number, start, length = map(int, self.of[row])
        content = read_record(self.files[file], Record(number, start, length))
        return parsed(memoryview(content), place=str(self.place(row)))

    def fingerprint(self) -> bytes:
        """Names of the files, and what their records are: a copy of the data has other folders."""
        names = [file.name for file in self.files]
        return repr(names).encode() + self.of.tobytes()


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Records with what is read of them besides the image.

    Attributes:
        records: where they are.
        labels: for each feature of the label, text or numbers for each row.
        groups: the group of each row, where the rows are to be split by a feature.
    """

    records: Records
    labels: tuple[list[str | npt.NDArray[Any]], ...]
    groups: tuple[str, ...] | None


def is_tfrecord(file: Path) -> bool:
    """Whether a file is called as TFRecord files are, or begins as one that is called as a shard."""
    if _NAME.fullmatch(file.name):
        return True
    return _SHARD.fullmatch(file.name) is not None and begins_as_records(file)


def first_record(files: Sequence[Path]) -> Records:
    """The first record of some files. Raises: DataError if they have none."""
    for number, file in enumerate(files):
        with mapped(file) as view:
            record = next(records_of(file, view), None)
        if record is not None:
            where = (number, record.number, record.start, record.length)
            return Records(tuple(files), np.array([where], np.int64))
    raise DataError(f"{files[0]}: holds no records. Expected at least one.")


def find_records(files: Sequence[Path], chosen: Chosen, group: str | None) -> Labelled:
    """Go through the records of some files once, without reading their images.

    Raises: DataError naming the record, for damaged ones and for those without a label.
    """
    found: list[tuple[int, int, int, int]] = []
    labels: tuple[list[str | npt.NDArray[Any]], ...] = tuple([] for _ in chosen.labels)
    groups: list[str] = []
    for number, file in enumerate(files):
        with mapped(file) as view:
            for record in records_of(file, view):
                place = f"{file}, record {record.number}"
                end = record.start + record.length
                example = parsed(view[record.start : end], place=place)
                for values, name in zip(labels, chosen.labels, strict=True):
                    values.append(label_of(example, name, place=place))
                if group is not None:
                    groups.append(text_of(example, group, place=place))
                found.append((number, record.number, record.start, record.length))
    if not found:
        raise DataError(f"{files[0]}: holds no records. Expected at least one.")
    records = Records(tuple(files), np.array(found, np.int64))
    return Labelled(records, labels, tuple(groups) if group is not None else None)


def parsed(content: memoryview, *, place: str) -> dict[str, Feature]:
    """The features of a record. Raises: DataError for another record than a `tf.train.Example`."""
    try:
        return features_of(content)
    except (ValueError, UnicodeDecodeError) as error:
        raise DataError(
            f"{place}: is no `tf.train.Example` ({error}). Expected one in each record. Write the "
            "images with `tf.train.Example(...).SerializeToString()`."
        ) from error
