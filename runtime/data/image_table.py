"""A table of image files and their labels, next to the images or over a folder of them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.errors import SpecDataError
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.image_stack import common_header, images_of_parts, some_of
from bnnc.runtime.data.label_counts import FEW_BYTES
from bnnc.runtime.data.source_files import SourceFiles
from bnnc.runtime.data.table_columns import (
    PATH_COLUMNS,
    column_of,
    groups_of,
    parts_of,
    refuse_untrained_class,
    target_columns,
)
from bnnc.runtime.data.table_file import TABLE_SUFFIXES, TextTable, read_table
from bnnc.runtime.data.table_labels import TableLabels, label_facts, labels_of_table
from bnnc.specs.data import Reading
from bnnc.specs.sources import DataFacts


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
    return Dataset.of_parts(
        splits,
        name=name,
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
    return DataFacts(
        name=name,
        shape=header.shape if known else None,
        dtype=header.dtype,
        has_validation="validation" in found.parts,
        has_test="test" in found.parts,
        groups=found.groups,
        **label_facts(found.labels, found.labels.labels[np.asarray(found.parts["train"])]),
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
    path_column = column_of(table, said.path, "path", PATH_COLUMNS)
    targets = target_columns(table, said)
    paths = _paths(table, path_column, folder, must_exist=must_exist)
    labels = labels_of_table(table, targets, reading, classes)
    parts = parts_of(table, said.split)
    groups = groups_of(table, parts["train"], reading)
    found = ImageTable(table, folder, paths, labels, parts, groups)
    if classes is None:
        refuse_untrained_class(table, labels, parts["train"])
    return found


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
