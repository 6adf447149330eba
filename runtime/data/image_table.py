"""A table of image files and their labels, next to the images or over a folder of them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.errors import DataError, SpecDataError
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.image_stack import common_header, images_of_parts, some_of
from bnnc.runtime.data.label_counts import FEW_BYTES
from bnnc.runtime.data.source_files import SourceFiles
from bnnc.runtime.data.table_file import TABLE_SUFFIXES, TextTable, read_table
from bnnc.runtime.data.table_labels import TableLabels, label_facts, labels_of_table
from bnnc.specs.class_names import listed
from bnnc.specs.data import Reading
from bnnc.specs.sources import DataFacts

PATH_COLUMNS: Final = ("path", "file", "file_name", "filename", "image")
TARGET_COLUMNS: Final = ("label", "class", "target")
_SPLIT_COLUMN: Final = "split"
_PARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("train", "training"), "train"),
        **dict.fromkeys(("validation", "val", "valid", "dev"), "validation"),
        **dict.fromkeys(("test", "testing"), "test"),
    }
)


@dataclass(frozen=True, slots=True)
class ImageTable:
    """The rows of a table, checked but for the images.

    Attributes:
        table: the table itself.
        folder: what its paths are relative to.
        paths: the image file of each row.
        labels: the labels of all rows.
        parts: the rows of `train`, `validation` and `test`, as far as they are there.
        groups: the group of each training row, where the spec splits by groups.
    """

    table: TextTable
    folder: Path
    paths: Sequence[Path]
    labels: TableLabels
    parts: Mapping[str, Sequence[int]]
    groups: tuple[str, ...] | None


def load_image_table(
    path: Path, *, name: str, classes: Sequence[str] | None, reading: Reading
) -> Dataset:
    """Read the images that a table names, with their labels.

    `path` is the table, or the folder of images that `reading.labels.file` is relative to.
    Raises: DataError naming the table and its lines; SpecDataError for columns that are not there;
        ClassesDifferError for names of other classes; OSError.
    """
    found = _find(path, reading, classes, must_exist=not reading.skips)
    notes = ImageNotes()
    paths = {part: [found.paths[row] for row in rows] for part, rows in found.parts.items()}
    images = images_of_parts(paths, notes, reading, where=found.folder)
    splits = {
        part: Split(images[part], found.labels.labels[np.asarray(rows)])
        for part, rows in found.parts.items()
    }
    return Dataset(
        name=name,
        train=splits["train"],
        test=splits.get("test"),
        validation=splits.get("validation"),
        class_names=found.labels.class_names,
        origin=f"images of {found.table.path}",
        notes=notes.sentences(where=found.folder),
        groups=found.groups,
    )


def image_table_facts(
    path: Path, *, name: str, classes: Sequence[str] | None, reading: Reading
) -> DataFacts:
    """Facts from the cells of the table, and from the headers of some images.

    Of a large table nothing is known: a check may take milliseconds.
    Raises: as `load_image_table`, as far as it can be seen so.
    """
    file, _ = _places(path, reading)
    if file.is_file() and file.stat().st_size > FEW_BYTES:
        return DataFacts(name=name)
    found = _find(path, reading, classes, must_exist=not reading.skips)
    some = some_of(found.paths)
    header = common_header(some, ImageNotes(), reading, where=found.folder)
    known = reading.channels or header.channels > 1 or len(some) == len(found.paths)
    labels = found.labels.labels[np.asarray(found.parts["train"])]
    return DataFacts(
        name=name,
        shape=header.shape if known else None,
        dtype=header.dtype,
        has_validation="validation" in found.parts,
        groups=found.groups,
        has_test="test" in found.parts,
        **label_facts(found.labels, labels),
    )


def _places(path: Path, reading: Reading) -> tuple[Path, Path]:
    """The table, and the folder that its paths are relative to."""
    file = reading.table.file
    if not path.is_dir():
        # A table that is named itself, instead of the folder of the spec, has the same columns.
        return path, path.parent
    if file is None:
        raise SpecDataError(
            f"{path}: is a folder, and `data.labels` names no table. Expected `file`, relative to "
            "this folder, as in `labels: {file: labels.csv}`; or the table as `data.source`.",
            *("data", "labels"),
        )
    table = path / file
    if not table.is_file() or table.suffix.lower() not in TABLE_SUFFIXES:
        what = "is no CSV, TSV or Parquet file" if table.is_file() else "is not there"
        raise SpecDataError(
            f"{table}: {what}. Expected a table called {', '.join(TABLE_SUFFIXES)}, relative to the "
            "folder of `data.source`.",
            *("data", "labels", "file"),
        )
    return table, path


def image_table_files(
    path: Path, *, classes: Sequence[str] | None, reading: Reading
) -> SourceFiles:
    """The files and labels of `load_image_table`, without reading a file. Raises: as it does.

    Files that are not there are given too.
    """
    found = _find(path, reading, classes, must_exist=False)
    return SourceFiles(
        folder=found.folder,
        parts={
            part: ([found.paths[row] for row in rows], found.labels.labels[np.asarray(rows)])
            for part, rows in found.parts.items()
        },
        class_names=found.labels.class_names,
        groups=found.groups,
    )


def _find(
    path: Path, reading: Reading, classes: Sequence[str] | None, *, must_exist: bool = True
) -> ImageTable:
    file, folder = _places(path, reading)
    table = read_table(file)
    said = reading.table
    path_column = column_named(table, said.path, "path", PATH_COLUMNS)
    targets = said.targets or (column_named(table, None, "target", TARGET_COLUMNS),)
    for target in targets:
        column_named(table, target, "target", ())
    paths = _paths(table, path_column, folder, must_exist=must_exist)
    labels = labels_of_table(table, targets, reading, classes)
    parts = _parts(table, said.split)
    groups = _groups(table, parts["train"], reading)
    found = ImageTable(table, folder, paths, labels, parts, groups)
    if classes is None:
        _refuse_untrained_class(found)
    return found


def column_named(table: TextTable, said: str | None, key: str, usual: Sequence[str]) -> str:
    """The column that the spec names, or the one with a usual name."""
    names = tuple(table.columns)
    there = [name for name in names if name in usual] if said is None else [said]
    if len(there) == 1 and there[0] in names:
        return there[0]
    problem = f"there is no column `{said}`"
    if said is None:
        problem = (
            f"several columns may be the {key}: {listed(there)}"
            if there
            else f"no column is called {' or '.join(f'`{one}`' for one in usual)}"
        )
    path = ("data", "labels", key) if said is not None else ("data", "labels")
    raise SpecDataError(
        f"{table.path}: {problem}. The columns are {listed(names)}. Write the name of one of them "
        f"as `data.labels.{key}`.",
        *path,
    )


def _paths(table: TextTable, column: str, folder: Path, *, must_exist: bool = True) -> list[Path]:
    """The image files of the rows. Raises: DataError for none, and for one in two rows."""
    cells = table.columns[column]
    empty = [row for row, cell in enumerate(cells) if not cell or "\0" in cell]
    way_out = "Write the image file, or delete the row."
    table.refuse_rows(empty, f"column `{column}` names no file in", way_out, column=column)
    paths = [folder / cell for cell in cells]
    missing = [row for row, path in enumerate(paths) if must_exist and not path.is_file()]
    way_out = (
        f"The paths are relative to {folder}. Correct the paths, or delete rows without an image."
    )
    count = f"{len(missing):,} of {len(paths):,} image files are not there"
    if len(missing) == 1:
        count = "one image file is not there"
    table.refuse_rows(missing, count, way_out, column=column)
    seen: dict[str, int] = {}
    twice = []
    for row, path in enumerate(paths):
        if seen.setdefault(os.path.normpath(path), row) != row:
            twice.append(row)
    way_out = "Expected each image once, with one label. Delete the other rows."
    table.refuse_rows(twice, "the image of an earlier row comes again in", way_out, column=column)
    return paths


def _parts(table: TextTable, said: str | None) -> dict[str, list[int]]:
    """The rows of each part, by the column that says it; all are to be trained on without one."""
    column = said
    if said is not None:
        column_named(table, said, "split", ())
    elif _SPLIT_COLUMN in table.columns:
        column = _SPLIT_COLUMN
    if column is None:
        return {"train": list(range(len(table)))}
    cells = [cell.lower() for cell in table.columns[column]]
    wrong = [row for row, cell in enumerate(cells) if cell not in _PARTS]
    way_out = "Expected train, validation or test in each row."
    if said is None:
        way_out += " Rename the column if it says something else."
    table.refuse_rows(wrong, f"column `{column}` names no part in", way_out, column=column)
    parts: dict[str, list[int]] = {}
    for row, cell in enumerate(cells):
        parts.setdefault(_PARTS[cell], []).append(row)
    if "train" not in parts:
        raise DataError(f"{table.path}: no row has `train` in column `{column}`.")
    return parts


def _groups(table: TextTable, rows: Sequence[int], reading: Reading) -> tuple[str, ...] | None:
    """The cells of the column that the training rows are split by. Raises: SpecDataError."""
    column = None if reading.splits is None else reading.splits.by
    if column is None:
        return None
    if column not in table.columns:
        raise SpecDataError(
            f"{table.path}: there is no column `{column}`. The columns are "
            f"{listed(tuple(table.columns))}. Write the name of one of them as `data.splits.by`.",
            *("data", "splits", "by"),
        )
    cells = table.columns[column]
    empty = [row for row in rows if not cells[row]]
    way_out = "Expected a group for each image. Write the group, or delete the row."
    table.refuse_rows(empty, f"column `{column}` is empty in", way_out, column=column)
    return tuple(cells[row] for row in rows)


def _refuse_untrained_class(found: ImageTable) -> None:
    """Refuse a class that other parts have and the training rows have not."""
    names, labels = found.labels.class_names, found.labels.labels
    if names is None or not found.labels.by_name or labels.ndim != 1:
        return
    trained = set(labels[np.asarray(found.parts["train"])].tolist())
    absent = [name for number, name in enumerate(names) if number not in trained]
    if absent:
        raise DataError(
            f"{found.table.path}: no training row has the class {listed(absent)}, which other rows "
            "have. Expected training rows of every class. List all classes in `data.classes` if "
            "this is meant."
        )
