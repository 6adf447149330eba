"""The labels of a table: classes by name or index, numbers, and sets of classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.class_order import ClassesDifferError, in_order
from bnnc.runtime.data.errors import SpecDataError
from bnnc.runtime.data.label_counts import count_labels
from bnnc.runtime.data.number_labels import NUMBER_KINDS
from bnnc.runtime.data.table_file import TextTable
from bnnc.specs.class_names import listed
from bnnc.specs.data import Reading

_MOST_INDEX: Final = 2**53  # float64 has every whole number below
# As `pandas.get_dummies` writes columns of yes and no.
_TRUTH: Final[Mapping[str, float]] = MappingProxyType({"true": 1.0, "false": 0.0})


@dataclass(frozen=True, slots=True, eq=False)
class TableLabels:
    """The labels of all rows of a table.

    Attributes:
        labels: [rows] class indices or numbers, or [rows, columns] of numbers.
        class_names: names of the classes in the order of their indices, or of the columns.
        by_name: whether the cells are the names of the classes.
    """

    labels: npt.NDArray[Any]
    class_names: tuple[str, ...] | None
    by_name: bool = False


def label_facts(found: TableLabels, trained: npt.NDArray[Any]) -> dict[str, Any]:
    """What the labels say of the rows, as attributes of `DataFacts`.

    `trained` are the labels of the training rows.
    """
    names = found.class_names
    columns = trained.shape[1] if trained.ndim == 2 else 1
    counts = None if found.labels.dtype.kind == "f" and columns == 1 else count_labels(trained)
    if counts is not None and names is not None and columns == 1:
        counts += (0,) * (len(names) - len(counts))
    return {
        "rows": len(trained),
        "classes": len(names) if names and found.by_name and columns == 1 else None,
        "class_names": names,
        "label_columns": columns,
        "label_counts": counts,
    }


def labels_of_table(
    table: TextTable, targets: Sequence[str], reading: Reading, classes: Sequence[str] | None
) -> TableLabels:
    """Read the labels in columns of a table.

    `reading.kind` decides what a cell is: a number for `real`, `count`, `multi_hot` and `soft`,
    otherwise a class, by its name or its index. `classes` are the names of the classes in their
    order.
    Raises: DataError naming the lines of cells that are no such labels; ClassesDifferError for
        names that `classes` does not have.
    """
    separator, kind = reading.table.separator, reading.kind
    if separator is not None:
        return _sets(table, targets, separator, classes)
    if len(targets) == 1 and kind not in NUMBER_KINDS:
        return _classes(table, targets[0], classes, may_be_numbers=kind is None)
    numbers = np.stack([_numbers(table, column, kind) for column in targets], axis=1)
    if len(targets) == 1:
        return TableLabels(numbers[:, 0], None)
    if kind in ("real", "count"):
        return TableLabels(numbers, None)
    return TableLabels(numbers, _column_names(table, targets, classes))


def _classes(
    table: TextTable, column: str, classes: Sequence[str] | None, *, may_be_numbers: bool
) -> TableLabels:
    cells = table.columns[column]
    _refuse_empty(table, column)
    names = None if classes is None else tuple(classes)
    if names is None or not set(cells) <= set(names):
        numbers = parsed(cells)
        if (np.abs(numbers) < _MOST_INDEX).all():  # not of NaN
            if (numbers % 1 == 0).all():
                return TableLabels(numbers.astype(np.int64), names)
            if may_be_numbers:
                return TableLabels(numbers, None)
    if names is None:
        names = in_order(sorted(set(cells)), where=f"{table.path}, column `{column}`")
    _refuse_unlisted(table, column, [[cell] for cell in cells], names)
    index = {name: number for number, name in enumerate(names)}
    labels = np.array([index[cell] for cell in cells], dtype=np.int64)
    return TableLabels(labels, names, by_name=True)


def _sets(
    table: TextTable, targets: Sequence[str], separator: str, classes: Sequence[str] | None
) -> TableLabels:
    if len(targets) != 1:
        raise SpecDataError(
            f"{table.path}: `data.labels.separator` separates the names in one column. Received: "
            f"{len(targets)} columns, {listed(targets)}. Delete `separator`, or name one column.",
            *("data", "labels", "separator"),
        )
    column = targets[0]
    sets = [
        [name for one in cell.split(separator) if (name := one.strip())]
        for cell in table.columns[column]
    ]
    found = sorted({name for names in sets for name in names})
    names = in_order(found, where=f"{table.path}, column `{column}`")
    names = names if classes is None else tuple(classes)
    _refuse_unlisted(table, column, sets, names)
    index = {name: number for number, name in enumerate(names)}
    labels = np.zeros((len(sets), len(names)), dtype=np.uint8)
    for row, members in enumerate(sets):
        labels[row, [index[name] for name in members]] = 1
    return TableLabels(labels, names, by_name=True)


def _numbers(table: TextTable, column: str, kind: str | None) -> npt.NDArray[np.float64]:
    _refuse_empty(table, column)
    numbers = parsed(table.columns[column])
    wrong = [int(row) for row in np.flatnonzero(~np.isfinite(numbers))]
    said = f"`labels: {kind}`" if kind else "several target columns"
    way_out = f"Expected numbers, because the spec says {said}."
    if kind == "multi_hot":
        way_out += (
            " For names of classes in one cell, write `separator: '|'`, with what separates them, "
            "into `data.labels`."
        )
    table.refuse_rows(wrong, f"column `{column}` holds no number in", way_out, column=column)
    return numbers


def parsed(cells: Sequence[str]) -> npt.NDArray[np.float64]:
    """The numbers of cells, NaN for what is no finite number; yes and no are 1 and 0."""

    def number(cell: str) -> float:
        truth = _TRUTH.get(cell.lower())
        if truth is not None:
            return truth
        try:
            # Python reads 1_000 too, which nobody writes into a table as a number.
            return float("nan" if "_" in cell else cell)
        except ValueError:
            return float("nan")

    numbers = np.array([number(cell) for cell in cells], dtype=np.float64)
    numbers[np.isinf(numbers)] = np.nan
    return numbers


def _column_names(
    table: TextTable, targets: Sequence[str], classes: Sequence[str] | None
) -> tuple[str, ...]:
    if classes is None:
        return tuple(targets)
    if len(classes) != len(targets) or (
        set(classes) == set(targets) and list(classes) != list(targets)
    ):
        raise ClassesDifferError(
            f"{table.path}: `data.classes` lists {listed(classes)}, and the target columns are "
            f"{listed(targets)}. Expected a name for each column, in their order. Delete `classes`, "
            "or write `target` in the same order.",
            targets,
        )
    return tuple(classes)


def _refuse_empty(table: TextTable, column: str) -> None:
    empty = [row for row, cell in enumerate(table.columns[column]) if not cell]
    way_out = "Expected a label for each row. Write the label, or delete the row."
    table.refuse_rows(empty, f"column `{column}` is empty in", way_out, column=column)


def _refuse_unlisted(
    table: TextTable, column: str, cells: Sequence[Sequence[str]], names: Sequence[str]
) -> None:
    known = set(names)
    wrong = [row for row, members in enumerate(cells) if not known.issuperset(members)]
    if not wrong:
        return
    own = sorted({name for members in cells for name in members})
    strange = [name for name in own if name not in known]
    raise ClassesDifferError(
        f"{table.path}: column `{column}` has classes that `data.classes` does not list: "
        f"{listed(strange)} ({len(wrong):,} rows, the first in {table.row_word} "
        f"{table.lines[wrong[0]]}). Expected {listed(names)}.",
        own,
    )
