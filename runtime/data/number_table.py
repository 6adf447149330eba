"""A table of numbers: the features and the label of each row, in CSV, TSV or Parquet."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.errors import SpecDataError
from bnnc.runtime.data.features import as_features
from bnnc.runtime.data.label_counts import FEW_BYTES
from bnnc.runtime.data.one_hot import (
    Feature,
    columns_of_categories,
    features_named,
    trained_rows,
    with_categories,
)
from bnnc.runtime.data.table_columns import (
    PATH_COLUMNS,
    SPLIT_COLUMN,
    column_of,
    groups_of,
    parts_of,
    refuse_untrained_class,
    target_columns,
)
from bnnc.runtime.data.table_file import TextTable, column_names, read_table, shortened
from bnnc.runtime.data.table_labels import TableLabels, label_facts, labels_of_table, parsed
from bnnc.specs.class_names import listed
from bnnc.specs.data import Reading
from bnnc.specs.one_hot import OneHot
from bnnc.specs.sources import DataFacts

# What tables write for a value that is not known, in lower case.
_MISSING: Final = frozenset({"", "?", "-", "na", "n/a", "nan", "null", "none", "#n/a"})
_DECIMAL_COMMA: Final = re.compile(r"-?[0-9]+,[0-9]+")
# A column with less numbers than that holds text.
_FEWEST_NUMBERS: Final = 0.5

Features = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class NumberTable:
    """The rows of a table, checked.

    Attributes:
        table: the table itself.
        names: the columns that are features.
        features: their numbers, [rows, features].
        labels: the labels of all rows.
        parts: the rows of `train`, `validation` and `test`, as far as they are there.
        groups: the group of each training row, where the spec splits by groups.
    """

    table: TextTable
    names: tuple[str, ...]
    features: Features
    labels: TableLabels
    parts: Mapping[str, Sequence[int]]
    groups: tuple[str, ...] | None


def holds_numbers(path: Path, reading: Reading) -> bool:
    """Whether a table is one of numbers, rather than of image files and their labels.

    The input decides. Where nothing is known of it, the names of the columns do. Raises: DataError.
    """
    if reading.axes is not None:
        return reading.axes == 1
    if reading.features is not None:
        return True
    if reading.table.path is not None or reading.table.file is not None:
        return False
    return not any(name in PATH_COLUMNS for name in column_names(path))


def load_number_table(
    path: Path, *, name: str, classes: Sequence[str] | None, reading: Reading
) -> Dataset:
    """Read the features and labels of a table.

    Raises: DataError naming the table, its lines and columns; SpecDataError for columns that are
        not there; ClassesDifferError for names of other classes; OSError.
    """
    found = _find(path, reading, classes)
    splits = {
        part: Split(found.features[rows], found.labels.labels[rows])
        for part, numbers in found.parts.items()
        for rows in [np.asarray(numbers)]
    }
    return Dataset.of_parts(
        splits,
        name=name,
        class_names=found.labels.class_names,
        origin=f"rows of {path}",
        groups=found.groups,
        feature_names=found.names,
    )


def number_table_facts(
    path: Path, *, name: str, classes: Sequence[str] | None, reading: Reading
) -> DataFacts:
    """Facts from the cells of the table; of a large one from the names of its columns alone.

    Raises: as `load_number_table`, as far as it can be seen so.
    """
    if path.stat().st_size > FEW_BYTES and reading.one_hot is None:
        names = _feature_columns(column_names(path), path, reading)
        return DataFacts(name=name, shape=(len(names),), dtype="float32", feature_names=names)
    found = _find(path, reading, classes)
    return DataFacts(
        name=name,
        shape=(len(found.names),),
        dtype="float32",
        has_validation="validation" in found.parts,
        has_test="test" in found.parts,
        groups=found.groups,
        feature_names=found.names,
        **label_facts(found.labels, found.labels.labels[np.asarray(found.parts["train"])]),
    )


def read_rows(
    path: Path, names: Sequence[str] | None, count: int, one_hot: OneHot | None = None
) -> Features:
    """The features of a table's rows, for prediction; other columns are passed over.

    Args:
        path: the table.
        names: the columns that the model reads, in its order; None where it was trained on features
            without names: the table has these columns and no others then.
        count: features that the model reads.
        one_hot: the columns with categories, whose features `names` has as `column=category`.

    Shapes: -> [rows, count].
    Raises: DataError, as `load_number_table`; OSError.
    """
    table = read_table(path)
    columns = tuple(table.columns) if names is None else tuple(names)
    features = features_named(columns, tuple(table.columns), one_hot)
    wanted = tuple(dict.fromkeys(one.column for one in features))
    absent = [one for one in wanted if one not in table.columns]
    if absent or len(columns) != count:
        problem = f"no column {listed(absent)}" if absent else f"{len(columns):,} columns"
        expected = listed(wanted) if names is not None else f"{count:,} columns, the features"
        raise SpecDataError(
            f"{path}: has {problem}. Expected {expected}. Received: {listed(tuple(table.columns))}.",
            *("data", "features"),
        )
    return _numbers(table, features, one_hot)


def _find(path: Path, reading: Reading, classes: Sequence[str] | None) -> NumberTable:
    _refuse_image_keys(path, reading)
    table = read_table(path)
    names = _feature_columns(tuple(table.columns), path, reading)
    labels = labels_of_table(table, target_columns(table, reading.table), reading, classes)
    parts = parts_of(table, reading.table.split)
    groups = groups_of(table, parts["train"], reading)
    chosen = features_named(names, tuple(table.columns), reading.one_hot)
    if reading.one_hot is not None:
        trained = trained_rows(parts["train"], labels.labels, groups, reading.splits, str(path))
        chosen = with_categories(chosen, table, reading.one_hot, trained)
        names = tuple(one.name for one in chosen)
    features = _numbers(table, chosen, reading.one_hot)
    if classes is None:
        refuse_untrained_class(table, labels, parts["train"])
    return NumberTable(table, names, features, labels, parts, groups)


def _refuse_image_keys(path: Path, reading: Reading) -> None:
    """Raise SpecDataError for keys of the spec that are about images."""
    said = {
        ("data", "on_error"): reading.skips,
        ("data", "cache"): reading.cache is not None,
        ("data", "labels", "path"): reading.table.path,
        ("data", "labels", "file"): reading.table.file,
        ("data", "decode"): reading.channels,
        ("data", "resize"): reading.resize,
        ("data", "streaming"): reading.streaming,
    }
    for key, value in said.items():
        if value:
            raise SpecDataError(
                f"{path}: is read as a table of numbers, because `input.shape` has one number, and "
                f"`{'.'.join(key)}` is about images. Delete `{key[-1]}`, or write the shape of an "
                "image.",
                *key,
            )


def _feature_columns(columns: Sequence[str], path: Path, reading: Reading) -> tuple[str, ...]:
    """The columns that are features. Raises: SpecDataError for those that cannot be."""
    table = TextTable(path, dict.fromkeys(columns, ()), ())
    targets = target_columns(table, reading.table)
    split = reading.table.split or SPLIT_COLUMN
    others = {*targets, split, *([reading.splits.by] if reading.splits else [])}
    if reading.features is None:
        names = tuple(one for one in columns if one not in others)
        if not names:
            raise SpecDataError(
                f"{path}: has no column besides {listed(tuple(columns))}. Expected columns of "
                "numbers, the features, next to that of the labels.",
                *("data", "source"),
            )
        return names
    for one in features_named(reading.features, columns, reading.one_hot):
        name = one.column
        column_of(table, name, "features", (), section="data")
        if name in targets:
            raise SpecDataError(
                f"{path}: column `{name}` is the label, and `data.features` names it as a feature. "
                "Delete it there.",
                *("data", "features"),
            )
    twice = next((one for one in reading.features if reading.features.count(one) > 1), None)
    if twice is not None:
        raise SpecDataError(
            f"{path}: `data.features` names column `{twice}` twice. Delete one of them.",
            *("data", "features"),
        )
    return reading.features


def _numbers(table: TextTable, features: Sequence[Feature], one_hot: OneHot | None) -> Features:
    """The numbers of some features. Raises: DataError naming lines and columns without numbers."""
    found = {} if one_hot is None else dict(columns_of_categories(table, features, one_hot))
    names = [one.column for one in features if one.category is None]
    numeric = [parsed(table.columns[name]) for name in names]
    _refuse_text(table, names, numeric)
    for name, numbers in zip(names, numeric, strict=True):
        cells = table.columns[name]
        wrong = [int(row) for row in np.flatnonzero(np.isnan(numbers))]
        missing = [row for row in wrong if cells[row].lower() in _MISSING]
        way_out = (
            "Expected a number in each cell. Fill the value in, delete the row, or leave the column "
            "out with `data.features`."
        )
        table.refuse_rows(missing, f"column `{name}` has no value in", way_out, column=name)
        way_out = "Expected a number in each cell."
        if wrong and _DECIMAL_COMMA.fullmatch(cells[wrong[0]]):
            way_out += " Write a point before the decimals, as in 12.5."
        table.refuse_rows(wrong, f"column `{name}` holds no number in", way_out, column=name)
    found |= {Feature(name): numbers for name, numbers in zip(names, numeric, strict=True)}
    columns = np.stack([found[one] for one in features], axis=1)
    return as_features(columns, where=str(table.path), names=[one.name for one in features])


def _refuse_text(
    table: TextTable, names: Sequence[str], columns: Sequence[npt.NDArray[Any]]
) -> None:
    """Raise DataError for columns that hold words, all of them in one message."""
    of_text = []
    for name, numbers in zip(names, columns, strict=True):
        cells = table.columns[name]
        there = [row for row, cell in enumerate(cells) if cell.lower() not in _MISSING]
        words = [row for row in there if np.isnan(numbers[row])]
        commas = words and all(_DECIMAL_COMMA.fullmatch(cells[row]) for row in words)
        if len(words) > _FEWEST_NUMBERS * len(there) and not commas:
            where = f"{table.row_word} {table.lines[words[0]]}"
            of_text.append(f"`{name}` (`{shortened(cells[words[0]])}` in {where})")
    if not of_text:
        return
    what = "column holds" if len(of_text) == 1 else "columns hold"
    raise SpecDataError(
        f"{table.path}: {'a' if len(of_text) == 1 else len(of_text)} {what} text: "
        f"{listed(of_text)}. Expected numbers. Name the columns of numbers in `data.features`, or "
        "those of categories in `data.one_hot.columns`.",
        *("data", "features"),
    )
