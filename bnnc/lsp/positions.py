"""Offsets of a text as positions of the protocol, and back.

A text is counted in Unicode code points here, in the units that client and server have agreed on
in the protocol: UTF-16 unless the client offers another encoding.
"""

from __future__ import annotations

from dataclasses import dataclass

from lsprotocol.types import Position, PositionEncodingKind, Range

from bnnc.compiler.text.source import Source, Span


@dataclass(frozen=True, slots=True)
class Positions:
    """The positions of one connection.

    Lines end as in the protocol, with a line feed, a carriage return, or both, which is how
    `Source` counts them too.
    """

    encoding: PositionEncodingKind = PositionEncodingKind.Utf16

    def position(self, source: Source, offset: int) -> Position:
        """The position of an offset."""
        offset = min(max(offset, 0), len(source.text))
        line, column = source.position(offset)
        before = source.text[offset - column + 1 : offset]
        return Position(
            line - 1, len(before) if before.isascii() else sum(map(self._units, before))
        )

    def range(self, span: Span) -> Range:
        """The range of a span."""
        end = max(span.start, span.end)
        return Range(self.position(span.source, span.start), self.position(span.source, end))

    def offset(self, source: Source, position: Position) -> int:
        """The offset of a position; one beyond the end of its line is that end."""
        if position.line >= len(source.line_starts):
            return len(source.text)
        line, start = source.line(position.line + 1), source.line_starts[position.line]
        if line.isascii():
            return start + min(position.character, len(line))
        left = position.character
        for column, character in enumerate(line):
            left -= self._units(character)
            if left < 0:
                return start + column
        return start + len(line)

    def _units(self, character: str) -> int:
        match self.encoding:
            case PositionEncodingKind.Utf16:
                return 2 if character > "\uffff" else 1
            case PositionEncodingKind.Utf8:
                return len(character.encode("utf-8", "surrogatepass"))
            case _:
                return 1
