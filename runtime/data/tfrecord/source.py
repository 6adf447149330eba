"""TFRecord files as a source of data: a file, a folder of them, or a pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.class_order import own_or_listed
from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.errors import DataError, SpecDataError
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.shards import Shards, shards_of
from bnnc.runtime.data.table_file import TextTable
from bnnc.runtime.data.table_labels import TableLabels, label_facts, labels_of_table
from bnnc.runtime.data.tfrecord.features import Chosen, choose_features
from bnnc.runtime.data.tfrecord.images import images_of_records, stored_records
from bnnc.runtime.data.tfrecord.records import (
    Labelled,
    find_records,
    first_record,
    is_tfrecord,
)
from bnnc.runtime.data.tfrecord.tfds import read_prepared, tfds_folder
from bnnc.specs.class_names import listed
from bnnc.specs.data import Reading
from bnnc.specs.sources import DataFacts

# Records whose labels a check reads: each takes some hundredths of a millisecond.
MOST_RECORDS: Final = 3_000


def load_tfrecord(
    path: Path, *, name: str, classes: Sequence[str] | None, reading: Reading
) -> Dataset:
    """Read the images and labels of TFRecord files, or leave the images in them.

    `path` is a file, a folder, or a pattern; the parts are those of `shards_of`. A folder may be
    one of TensorFlow Datasets.
    Raises: DataError naming the file and the record; SpecDataError for features that are not there;
        ClassesDifferError for names of other classes; OSError.
    """
    files, reading, own, _ = _opened(path, reading)
    classes = own_or_listed(own, classes, where=path)
    chosen = _choose(files, reading)
    found = {
        part: find_records(of_part, chosen, _group(reading)) for part, of_part in files.items()
    }
    labels = _labels(found, chosen, reading, classes, where=path)
    notes = ImageNotes()
    records = {part: one.records for part, one in found.items()}
    images = images_of_records(records, chosen, reading, notes, where=path)
    splits = {
        part: Split(images[part], rows) for part, rows in _by_part(labels.labels, found).items()
    }
    return Dataset.of_parts(
        splits,
        name=name,
        class_names=labels.class_names,
        origin=f"TFRecord files of {path}",
        notes=notes.sentences(where=path if path.is_dir() else path.parent),
        groups=found["train"].groups,
    )


def tfrecord_facts(
    path: Path, *, name: str, classes: Sequence[str] | None, reading: Reading
) -> DataFacts:
    """Facts from the first records and, where the records are few, from all labels.

    Raises: as `load_tfrecord`, as far as it can be seen so.
    """
    files, reading, own, rows = _opened(path, reading)
    classes = own_or_listed(own, classes, where=path)
    chosen = _choose(files, reading)
    firsts = {part: first_record(of_part) for part, of_part in files.items()}
    some = stored_records(firsts, chosen, reading, ImageNotes(), where=path)["train"]
    has_channels = chosen.form != "file" or reading.channels is not None or some.shape[-1] == 3
    known = DataFacts(
        name=name,
        shape=some.shape[1:] if has_channels else None,
        dtype=some.dtype.name,
        rows=rows.get("train"),
        classes=None if own is None else len(own),
        class_names=None if classes is None else tuple(classes),
        has_validation="validation" in files,
        has_test="test" in files,
    )
    length = int(firsts["train"].of[0, 3])
    size = sum(file.stat().st_size for of_part in files.values() for file in of_part)
    if size > MOST_RECORDS * length:
        return known
    found = {
        part: find_records(of_part, chosen, _group(reading)) for part, of_part in files.items()
    }
    labels = _labels(found, chosen, reading, classes, where=path)
    trained = _by_part(labels.labels, found)["train"]
    if not has_channels:
        records = {part: one.records for part, one in found.items()}
        some = stored_records(records, chosen, reading, ImageNotes(), where=path, most=200)["train"]
    facts = replace(
        known,
        shape=some.shape[1:],
        groups=found["train"].groups,
        **label_facts(labels, trained),
    )
    return facts if own is None else replace(facts, classes=len(own))


def _opened(
    path: Path, reading: Reading
) -> tuple[Shards, Reading, tuple[str, ...] | None, Mapping[str, int]]:
    """The files, the features that are said of them, the names of the classes, and known rows."""
    folder = tfds_folder(path)
    if folder is None:
        return shards_of(path, is_tfrecord), reading, None, {}
    prepared = read_prepared(folder)
    said = prepared.features if reading.example is None else reading.example
    names = prepared.class_names if said == prepared.features else None
    return prepared.shards, replace(reading, example=said), names, prepared.rows


def _choose(files: Mapping[str, Sequence[Path]], reading: Reading) -> Chosen:
    if reading.labels is not None:
        raise SpecDataError(
            f"{files['train'][0]}: holds labels of its own, and `data.labels` is about a table. "
            "Delete `labels`; `example: {label: NAME}` says which feature is the label.",
            *("data", "labels"),
        )
    first = first_record(files["train"])
    example, place = first.example(0), str(first.place(0))
    group = _group(reading)
    if group is not None and group not in example:
        raise SpecDataError(
            f"{place}: there is no feature `{group}`. The features are {listed(sorted(example))}. "
            "Write the name of one of them as `data.splits.by`.",
            *("data", "splits", "by"),
        )
    return choose_features(example, reading.example, place=place)


def _group(reading: Reading) -> str | None:
    """The feature that the training rows are split by."""
    return None if reading.splits is None else reading.splits.by


def _labels(
    found: Mapping[str, Labelled],
    chosen: Chosen,
    reading: Reading,
    classes: Sequence[str] | None,
    *,
    where: Path,
) -> TableLabels:
    """The labels of all parts, one part after the other."""
    columns = [
        [value for one in found.values() for value in one.labels[number]]
        for number in range(len(chosen.labels))
    ]
    texts = [value for value in columns[0] if isinstance(value, str)]
    if len(columns) == 1 and len(texts) == len(columns[0]):
        name = chosen.labels[0]
        cells = TextTable(where, {name: texts}, range(len(texts)), "row")
        return labels_of_table(cells, (name,), reading, classes)
    numbers = [
        _stacked(column, name, found, alone=len(columns) == 1)
        for column, name in zip(columns, chosen.labels, strict=True)
    ]
    labels = numbers[0] if len(numbers) == 1 else np.stack(numbers, axis=1)
    return TableLabels(labels, None if classes is None else tuple(classes))


def _stacked(
    values: Sequence[str | npt.NDArray[Any]],
    name: str,
    found: Mapping[str, Labelled],
    *,
    alone: bool,
) -> npt.NDArray[Any]:
    """Labels of numbers: [rows], or [rows, numbers] where each record has several."""
    count = 1 if not alone or isinstance(values[0], str) else len(values[0])
    wrong = next(
        (row for row, one in enumerate(values) if isinstance(one, str) or len(one) != count), None
    )
    if wrong is not None:
        one = values[wrong]
        has = "text" if isinstance(one, str) else f"{len(one)} numbers"
        expected = "one number" if count == 1 else f"{count} numbers, as in the first record"
        raise DataError(f"{_place(found, wrong)}: feature `{name}` has {has}. Expected {expected}.")
    stacked = np.stack(values)
    return stacked[:, 0] if count == 1 else stacked


def _place(found: Mapping[str, Labelled], row: int) -> Path:
    """The place of a row of all parts."""
    for one in found.values():
        if row < len(one.records):
            return one.records.place(row)
        row -= len(one.records)
    raise IndexError(row)


def _by_part(
    labels: npt.NDArray[Any], found: Mapping[str, Labelled]
) -> dict[str, npt.NDArray[Any]]:
    """The labels of each part."""
    ends = np.cumsum([len(one.records) for one in found.values()])
    return dict(zip(found, np.split(labels, ends[:-1]), strict=True))
