"""A line of a source with marks under a span, cropped where it is long."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from bnnc.compiler.text.source import Source, Span
from bnnc.printable import escaped

Role = Literal["primary", "secondary", "gutter", "strong", "text"]
Row = list[tuple[int, str, Role]]
"""Pieces of text, each with the cell that it begins at, from left to right."""

WIDTH = 100
"""Cells of a line that are shown at most: it fits a terminal of 120 beside the gutter."""

CONTEXT = 20
"""Characters that stay before a mark where its line is cropped."""

_NARROWEST = 24
"""Cells that a label of several lines has at least."""

_TAB = " " * 4
_CROPPED = "..."


@dataclass(frozen=True, slots=True)
class Mark:
    """A span on the line that it begins on, with the words beside it."""

    source: Source
    line: int
    start: int
    end: int
    text: str
    role: Role

    @staticmethod
    def of(span: Span, text: str, role: Role) -> Mark:
        """The mark of a span; of several lines the first is marked, and the last is named."""
        source = span.source
        length = len(source.text)
        start, end = min(span.start, length), min(max(span.start, span.end), length)
        line = source.position(start)[0]
        last = source.position(max(start, end - 1))[0]
        if last > line:
            text = f"{text} (through line {last})" if text else f"through line {last}"
        limit = _line_bounds(source, line)[1]
        return Mark(source, line, min(start, limit), min(end, limit), text, role)

    @property
    def position(self) -> tuple[int, int]:
        """Line and column of its first character, both counted from 1."""
        return self.source.position(self.start)


def snippet(marks: list[Mark], room: int | None = None) -> Iterator[tuple[int | None, Row]]:
    """Rows with their line numbers, in file order; rows of marks and labels have none.

    Marks too far apart on one long line are shown on two copies of it.

    Args:
        marks: the marks of one source.
        room: cells beside the gutter; None where nothing limits them but `WIDTH`.
    """
    width = WIDTH if room is None else max(min(WIDTH, room - 2 * len(_CROPPED)), 2 * CONTEXT + 8)
    ordered = sorted(marks, key=lambda mark: (mark.start, mark.end))
    for number, on_line in groupby(ordered, key=lambda mark: mark.line):
        for group in _fitting(list(on_line), width):
            first, cells, limit = _window(group, width)
            line, columns = _cells(group[0].source, first, cells, limit)
            yield number, [(0, line, "text")]
            for row in _annotations(group, first, columns, room):
                yield None, row


def _line_bounds(source: Source, line: int) -> tuple[int, int]:
    """Where a line begins, and where it ends without its line ending.

    The line itself is not copied: it may be the whole of a large text, with many findings in it.
    """
    starts = source.line_starts
    end = starts[line] if line < len(starts) else len(source.text)
    while end > starts[line - 1] and source.text[end - 1] in "\r\n":
        end -= 1
    return starts[line - 1], end


def _fitting(marks: list[Mark], width: int) -> Iterator[list[Mark]]:
    """The marks of one line in groups that fit a window each."""
    start, end = _line_bounds(marks[0].source, marks[0].line)
    if end - start <= width:
        yield marks
        return
    group = marks[:1]
    for mark in marks[1:]:
        if mark.start - group[0].start > width - 2 * CONTEXT:
            yield group
            group = []
        group.append(mark)
    yield group


def _window(group: list[Mark], width: int) -> tuple[int, int, int]:
    """The first character shown, how many cells, and the end of the line."""
    start, end = _line_bounds(group[0].source, group[0].line)
    last = max(min(mark.end, mark.start + CONTEXT) for mark in group)
    if end - start <= width or last - start <= width - CONTEXT:
        return start, width, end
    return max(start, min(group[0].start - CONTEXT, end - width)), width, end


def _cells(source: Source, first: int, cells: int, limit: int) -> tuple[str, list[int]]:
    """The shown part of a line, and the cell of each of its characters and of its end."""
    line_start = source.line_starts[source.position(first)[0] - 1]
    shown = [_CROPPED] if first > line_start else []
    column = len(_CROPPED) if shown else 0
    columns = [column]
    # Combining characters take no cells: the count of characters has its own bound.
    for offset in range(first, min(limit, first + 4 * WIDTH)):
        text, width = _shown(source.text[offset])
        if columns[-1] + width > cells + len(_CROPPED):
            break
        shown.append(text)
        columns.append(columns[-1] + width)
    if first + len(columns) - 1 < limit:
        shown.append(_CROPPED)
    return "".join(shown), columns


def _shown(character: str) -> tuple[str, int]:
    """A character as it is shown, and how many cells it takes."""
    if character == "\t":
        return _TAB, len(_TAB)
    text = escaped(character)
    if len(text) > 1 or character.isascii():
        return text, len(text)
    if unicodedata.category(character) in ("Mn", "Me"):
        return text, 0
    return text, 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _annotations(
    group: list[Mark], first: int, columns: list[int], room: int | None
) -> Iterator[Row]:
    """The row of marks with the last one's label beside it, and the other labels below."""

    def cell(offset: int) -> int:
        return columns[min(max(offset - first, 0), len(columns) - 1)]

    places = [(cell(mark.start), max(cell(mark.end), cell(mark.start) + 1), mark) for mark in group]
    width = max(end for _, end, _ in places)
    signs: list[tuple[str, Role]] = [(" ", "text")] * width
    # The finding's own marks are drawn last, over what they share with others.
    for start, end, mark in sorted(places, key=lambda place: place[2].role, reverse=True):
        sign = "^" if mark.role == "primary" else "-"
        signs[start:end] = [(sign, mark.role)] * (end - start)
    row: Row = []
    for (sign, role), run in groupby(enumerate(signs), key=lambda one: one[1]):
        cells = [column for column, _ in run]
        if sign != " ":
            row.append((cells[0], sign * len(cells), role))
    beside = max(places, key=lambda place: (place[1], place[0], bool(place[2].text)))
    fits = room is None or room - width - 1 >= min(len(beside[2].text), _NARROWEST)
    if beside[2].text and fits:
        for column, text in _label(beside[2], width + 1, room):
            row.append((column, text, beside[2].role))
            yield row
            row = []
    else:
        yield row
    below = sorted(
        (place for place in places if place[2].text and not (fits and place is beside)),
        key=lambda place: -place[0],
    )
    if below:
        yield _connectors(below, width)
    for index, (start, _, mark) in enumerate(below):
        for column, text in _label(mark, start, room):
            yield [*_connectors(below[index + 1 :], column), (column, text, mark.role)]


def _label(mark: Mark, column: int, room: int | None) -> list[tuple[int, str]]:
    """The lines of a label with the cell that they begin at, further left where it must be."""
    text = _one_line(mark.text)
    if room is None or column + len(text) <= room:
        return [(column, text)]
    column = max(0, min(column, room - _NARROWEST))
    return [(column, line) for line in textwrap.wrap(text, max(room - column, _NARROWEST))]


def _connectors(places: list[tuple[int, int, Mark]], before: int) -> Row:
    """A bar under the beginning of each mark, up to a cell."""
    bars = {start: mark.role for start, _, mark in places if start < before}
    return [(start, "|", role) for start, role in sorted(bars.items())]


def _one_line(text: str) -> str:
    return "".join(map(escaped, text))
