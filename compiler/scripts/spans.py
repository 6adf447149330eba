"""Spans of the nodes of Python's syntax tree."""

from __future__ import annotations

import ast

from bnnc.compiler.text.source import Source, Span


class Spans:
    """Finds the span of a node: its columns are bytes of UTF-8, those of a span characters."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[int, list[int]] = {}
        self._found: dict[tuple[int, int, int, int], Span] = {}

    def of(self, node: ast.expr | ast.stmt | ast.keyword) -> Span:
        """The span of a node."""
        end_line = node.end_lineno or node.lineno
        end_column = node.end_col_offset or node.col_offset
        place = (node.lineno, node.col_offset, end_line, end_column)
        found = self._found.get(place)
        if found is None:  # a loop asks for the same nodes again and again
            start, end = self._offset(*place[:2]), self._offset(*place[2:])
            found = self._found[place] = Span(self._source, start, end)
        return found

    def _offset(self, line: int, column: int) -> int:
        starts = self._source.line_starts  # lines end as Python's do
        if line > len(starts):
            return len(self._source.text)
        text = self._source.line(line)
        if not text.isascii():
            column = self._characters(line, text)[
                min(column, len(self._characters(line, text)) - 1)
            ]
        return starts[line - 1] + column

    def _characters(self, line: int, text: str) -> list[int]:
        """For each byte of a line, the character that it belongs to; and the line's length."""
        if line not in self._known:
            found = [at for at, sign in enumerate(text) for _ in sign.encode("utf-8", "replace")]
            self._known[line] = [*found, len(text)]
        return self._known[line]
