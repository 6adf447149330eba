"""The columns of a table that say the label, the part and the group of each row."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np

from bnnc.runtime.data.errors import DataError, SpecDataError
from bnnc.runtime.data.table_file import TextTable
from bnnc.runtime.data.table_labels import TableLabels
from bnnc.specs.class_names import listed
from bnnc.specs.data import Labels, Reading

PATH_COLUMNS: Final = ("path", "file", "file_name", "filename", "image")
_TARGET_COLUMNS: Final = ("label", "class", "target")
SPLIT_COLUMN: Final = "split"
_PARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("train", "training"), "train"),
        **dict.fromkeys(("validation", "val", "valid", "dev"), "validation"),
        **dict.fromkeys(("test", "testing"), "test"),
    }
)


def column_of(
    table: TextTable,
    said: str | None,
    key: str,
    usual: Sequence[str],
    *,
    section: str = "data.labels",
) -> str:
    """The column that the spec names, or the one with a usual name. Raises: SpecDataError."""
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
    numbers = " Of a table of numbers, `input.shape` has one number." if key == "path" else ""
    path = tuple(section.split("."))
    raise SpecDataError(
        f"{table.path}: {problem}. The columns are {listed(names)}. Write the name of one of them "
        f"as `{section}.{key}`.{numbers}",
        *(path if said is None else (*path, key)),
    )


def target_columns(table: TextTable, said: Labels) -> tuple[str, ...]:
    """The columns with the labels: those that the spec names, or the one with a usual name.

    Raises: SpecDataError for columns that are not there.
    """
    targets = said.targets or (column_of(table, None, "target", _TARGET_COLUMNS),)
    for target in targets:
        column_of(table, target, "target", ())
    return targets


def parts_of(table: TextTable, said: str | None) -> dict[str, list[int]]:
    """The rows of each part, by the column that says it; all are to be trained on without one.

    Raises: DataError; SpecDataError.
    """
    column = said
    if said is not None:
        column_of(table, said, "split", ())
    elif SPLIT_COLUMN in table.columns:
        column = SPLIT_COLUMN
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


def groups_of(table: TextTable, rows: Sequence[int], reading: Reading) -> tuple[str, ...] | None:
    """The cells of the column that the training rows are split by. Raises: SpecDataError."""
    column = None if reading.splits is None else reading.splits.by
    if column is None:
        return None
    column_of(table, column, "by", (), section="data.splits")
    cells = table.columns[column]
    empty = [row for row in rows if not cells[row]]
    way_out = "Expected a group for each row. Write the group, or delete the row."
    table.refuse_rows(empty, f"column `{column}` is empty in", way_out, column=column)
    return tuple(cells[row] for row in rows)


def refuse_untrained_class(
    table: TextTable, found: TableLabels, trained_rows: Sequence[int]
) -> None:
    """Refuse a class that other parts have and the training rows have not. Raises: DataError."""
    names, labels = found.class_names, found.labels
    if names is None or not found.by_name or labels.ndim != 1:
        return
    trained = set(labels[np.asarray(trained_rows)].tolist())
    absent = [name for number, name in enumerate(names) if number not in trained]
    if absent:
        raise DataError(
            f"{table.path}: no training row has the class {listed(absent)}, which other rows "
            "have. Expected training rows of every class. List all classes in `data.classes` if "
            "this is meant."
        )
