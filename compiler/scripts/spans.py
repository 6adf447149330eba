"""Spans of the nodes of Python's syntax tree."""

from __future__ import annotations

import ast

from bnnc.compiler.scripts.parsing import Code
from bnnc.compiler.text.source import Source, Span


class Spans:
    """Finds the span of a node: its columns are bytes of UTF-8, those of a span characters."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._known: dict[int, list[int]] = {}
        self._found: dict[tuple[int, int, int, int], Span] = {}

    def of(self, node: ast.expr | ast.stmt | ast.keyword) -> Span:
        """The span of a node."""
        end_line = node.end_lineno or node.lineno
        end_column = node.end_col_offset or node.col_offset
        place = (node.lineno, node.col_offset, end_line, end_column)
        found = self._found.get(place)
        if found is None:  # a loop asks for the same nodes again and again
            before, source = self._code.part_of(node.lineno)
            start = self._offset(source, before, node.lineno, node.col_offset)
            end = self._offset(source, before, end_line, end_column)
            found = self._found[place] = Span(source, start, end)
        return found

    def _offset(self, source: Source, before: int, line: int, column: int) -> int:
        starts = source.line_starts  # lines end as Python's do
        own = line - before
        if own > len(starts):
            return len(source.text)
        text = source.line(own)
        if not text.isascii():
            known = self._characters(line, text)
            column = known[min(column, len(known) - 1)]
        return starts[own - 1] + column

    def _characters(self, line: int, text: str) -> list[int]:
        """For each byte of a line, the character that it belongs to; and the line's length."""
        if line not in self._known:
            found = [at for at, sign in enumerate(text) for _ in sign.encode("utf-8", "replace")]
            self._known[line] = [*found, len(text)]
        return self._known[line]
