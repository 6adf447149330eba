"""Read tables of text: CSV, TSV and Parquet, as columns of cells with the lines that they are on."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bnnc.runtime.data.errors import DataError
from bnnc.system.reading import open_file, read_file

TABLE_SUFFIXES: Final = (".csv", ".tsv", ".parquet")
# Ten million rows of 100 characters.
_MOST_BYTES: Final = 2**30
_LONGEST_LINE: Final = 2**20
# How many wrong rows a message lists.
_LISTED: Final = 3


@dataclass(frozen=True, slots=True)
class TextTable:
    """The cells of a table, without the spaces around them.

    Attributes:
        path: the file.
        columns: the cells of each column, in the order of the rows.
        lines: where each row is: its line in a text file, its number in Parquet.
        row_word: what `lines` count, in a word.
    """

    path: Path
    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int]
    row_word: str = "line"

    def __len__(self) -> int:
        return len(self.lines)

    def refuse_rows(self, rows: Sequence[int], problem: str, way_out: str, *, column: str) -> None:
        """Raise DataError if there are rows with a problem: some are listed, all are counted.

        `problem` is what the row has, as in "has no number in column `age`".
        """
        if not rows:
            return
        cells = self.columns[column]
        listed = ", ".join(
            f"{self.row_word} {self.lines[row]} (`{shortened(cells[row])}`)"
            for row in rows[:_LISTED]
        )
        more = len(rows) - _LISTED
        and_more = f" and {more:,} more" if more > 0 else ""
        raise DataError(f"{self.path}: {problem}: {listed}{and_more}. {way_out}")


def read_table(path: Path) -> TextTable:
    """Read a table whose first row names the columns. The suffix of the file decides how.

    A CSV file whose first line has semicolons and no comma is separated by semicolons.
    Raises: DataError naming the file and the line; OSError.
    """
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path)
    try:
        text = read_file(path, limit=_MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: byte {error.start:,} is not UTF-8. Save the table as UTF-8 text."
        ) from error
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_delimiter(path, text), strict=True
    )
    rows, lines = [], []
    try:
        start = 1
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}: line {reader.line_num} cannot be read ({error}). Expected cells with a "
            "delimiter between them, and quotes in pairs."
        ) from error
    if not rows:
        raise DataError(f"{path}: is empty. Expected names of columns in its first line.")
    return _checked(path, rows[0], rows[1:], lines[1:])


def column_names(path: Path) -> tuple[str, ...]:
    """The names of the columns alone, without reading the rows. Raises: as `read_table`."""
    if path.suffix.lower() == ".parquet":
        return tuple(_read_parquet(path).columns)  # which is fast
    with open_file(path) as file:
        first = file.readline(_LONGEST_LINE).decode("utf-8-sig", "replace")
    names = next(csv.reader([first], delimiter=_delimiter(path, first)), [])
    return tuple(name.strip() for name in names)


def shortened(cell: str) -> str:
    """A cell, no more than 40 characters of it, for a message."""
    return cell if len(cell) <= 40 else f"{cell[:39]}…"


def _delimiter(path: Path, text: str) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    first = text.lstrip().partition("\n")[0]
    return ";" if ";" in first and "," not in first else ","


def _checked(
    path: Path, names: Sequence[str], rows: Sequence[Sequence[str]], lines: Sequence[int]
) -> TextTable:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path}: two columns are called `{twice}`. Expected a name for each.")
    unlike = [row for row, cells in enumerate(rows) if len(cells) != len(names)]
    if unlike:
        row = unlike[0]
        raise DataError(
            f"{path}: line {lines[row]} has {len(rows[row])} cells, and the first line names "
            f"{len(names)} columns; {len(unlike):,} such lines in all. Expected a cell for each "
            "column. Put cells that hold the delimiter in quotes."
        )
    if not rows:
        raise DataError(f"{path}: has no rows below the names of its columns.")
    columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    return TextTable(path, columns, lines)


def _read_parquet(path: Path) -> TextTable:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError as error:
        raise DataError(
            f"{path}: a Parquet file is read by pyarrow, which is not installed. Install it with "
            "`pip install 'bnnc[parquet]'`, or save the table as CSV."
        ) from error
    try:
        with open_file(path) as file:
            table = parquet.read_table(file)
    except arrow.ArrowException as error:
        raise DataError(
            f"{path}: cannot be read as Parquet ({error}). Write the file again."
        ) from error
    columns = {
        name: [cell_text(value) for value in column.to_pylist()]
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    if not table.num_rows:
        raise DataError(f"{path}: has no rows.")
    return TextTable(path, columns, range(1, table.num_rows + 1), "row")


def cell_text(value: Any) -> str:
    """The text of a cell; that of none is empty."""
    return "" if value is None else str(value).strip()
