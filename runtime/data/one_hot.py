"""Columns of categories in a table of numbers, as a feature of 0 and 1 for each category.

The feature of a category is called `column=category`. These names are written into a run, so the
categories of its training rows are those of every table that it is used on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.errors import SpecDataError
from bnnc.runtime.data.splits import split_rows
from bnnc.runtime.data.table_file import TextTable
from bnnc.specs.class_names import listed
from bnnc.specs.data import Splits
from bnnc.specs.one_hot import OneHot

# As many classes as the language allows.
_MOST = 65_536


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of a table: a column of numbers, or whether a column holds a category."""

    column: str
    category: str | None = None

    @property
    def name(self) -> str:
        """What it is called."""
        return self.column if self.category is None else f"{self.column}={self.category}"


def features_named(
    names: Sequence[str], columns: Sequence[str], one_hot: OneHot | None
) -> list[Feature]:
    """The features of some names: of columns, or of categories as a run has them."""
    made = []
    for name in names:
        of = () if one_hot is None or name in columns else one_hot.columns
        column = next((one for one in of if name.startswith(f"{one}=")), None)
        if column is None:
            made.append(Feature(name))
        else:
            made.append(Feature(column, name.removeprefix(f"{column}=")))
    return made


def with_categories(
    features: Sequence[Feature],
    table: TextTable,
    one_hot: OneHot | None,
    trained: npt.NDArray[np.int64],
) -> list[Feature]:
    """The features with one for each category that a training row has, ordered as text.

    Args:
        features: columns, or the features of a run, which stay as they are.
        table: the table.
        one_hot: the columns with categories.
        trained: numbers of the rows that are trained on.

    Raises: SpecDataError for a column that is no feature, or has more categories than a spec may have.
    """
    if one_hot is None:
        return list(features)
    absent = [one for one in one_hot.columns if one not in {of.column for of in features}]
    if absent:
        raise SpecDataError(
            f"{table.path}: `data.one_hot` names {listed(absent)}, which is no feature. Expected "
            f"columns among {listed([one.column for one in features])}.",
            *("data", "one_hot", "columns"),
        )
    made: list[Feature] = []
    for one in features:
        if one.category is not None or one.column not in one_hot.columns:
            made.append(one)
            continue
        cells = table.columns[one.column]
        categories = sorted({cells[row] for row in trained.tolist()} - {""})
        if len(categories) > _MOST:
            raise SpecDataError(
                f"{table.path}: column `{one.column}` has {len(categories):,} categories. Expected at "
                f"most {_MOST:,}.",
                *("data", "one_hot", "columns"),
            )
        made += [Feature(one.column, category) for category in categories]
    return made


def trained_rows(
    rows: Sequence[int],
    labels: npt.NDArray[np.generic],
    groups: Sequence[str] | None,
    splits: Splits | None,
    where: str,
) -> npt.NDArray[np.int64]:
    """The rows of `train` that are left to train on after the shares of `data.splits`."""
    numbers = np.asarray(rows, np.int64)
    if splits is None:
        return numbers
    strata = None
    if splits.stratified:
        _, strata = np.unique(labels[numbers], axis=0, return_inverse=True)
        strata = strata.reshape(-1)
    return numbers[
        split_rows(len(rows), splits, strata=strata, groups=groups, where=where)["train"]
    ]


def columns_of_categories(
    table: TextTable, features: Sequence[Feature], one_hot: OneHot
) -> Mapping[Feature, npt.NDArray[np.float64]]:
    """Whether each row has the category of a feature: 1 or 0. Shapes: [rows] each.

    Raises: DataError naming the lines without a category, and with one that no training row has,
        unless `handle_unknown` is `ignore`: such a row has none.
    """
    made: dict[Feature, npt.NDArray[np.float64]] = {}
    for column in dict.fromkeys(one.column for one in features if one.category is not None):
        cells = table.columns[column]
        of = [one for one in features if one.column == column]
        known = {one.category for one in of}
        empty = [row for row, cell in enumerate(cells) if not cell]
        way_out = "Expected a category in each cell. Fill it in, or delete the row."
        table.refuse_rows(empty, f"column `{column}` has no value in", way_out, column=column)
        if one_hot.handle_unknown == "error":
            unknown = [row for row, cell in enumerate(cells) if cell not in known]
            way_out = (
                f"Expected one of {listed(sorted(map(str, known)))}. `one_hot: {{handle_unknown: "
                "ignore}` reads other categories as none of these."
            )
            problem = f"column `{column}` holds a category that no training row has in"
            table.refuse_rows(unknown, problem, way_out, column=column)
        for one in of:
            made[one] = np.array([cell == one.category for cell in cells], np.float64)
    return made
