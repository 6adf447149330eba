"""Spans of the nodes of Python's syntax tree."""

from __future__ import annotations

import ast

from bnnc.compiler.text.source import Source, Span


class Spans:
    """Finds the span of a node: its columns are bytes of UTF-8, those of a span characters."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def of(self, node: ast.expr | ast.stmt | ast.keyword) -> Span:
        """The span of a node."""
        end_line = node.end_lineno or node.lineno
        end_column = node.end_col_offset or node.col_offset
        start = self._offset(node.lineno, node.col_offset)
        return Span(self._source, start, self._offset(end_line, end_column))

    def _offset(self, line: int, column: int) -> int:
        starts = self._source.line_starts  # lines end as Python's do
        if line > len(starts):
            return len(self._source.text)
        text = self._source.line(line)
        if not text.isascii():
            column = len(text.encode()[:column].decode("utf-8", "ignore"))
        return starts[line - 1] + column
