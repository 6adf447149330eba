"""Where YAML's scanner or parser stopped, and the text around it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bnnc.compiler.text.source import Source, Span


@dataclass(frozen=True, slots=True)
class Failure:
    """Where the scanner stopped (`at`), what it was in the middle of (`since`), and its words.

    `last` is what had been read before, `depth` how many lists and mappings were then open, and
    `open_bracket` the innermost one with a bracket.
    """

    source: Source
    problem: str
    context: str
    at: int
    since: int | None
    last: Span
    depth: int
    open_bracket: int | None

    @property
    def text(self) -> str:
        """All of the text."""
        return self.source.text

    @property
    def character(self) -> str:
        """The character at which the scanner stopped, empty at the end."""
        return self.text[self.at : self.at + 1]

    @property
    def at_end(self) -> bool:
        """Whether nothing but white space and comments follows."""
        rest = re.compile(r"(?:\s+|#[^\r\n]*)*").match(self.text, self.at)
        return rest is not None and rest.end() == len(self.text)

    @property
    def before(self) -> str:
        """The line up to the place."""
        return self.text[self.line_start(self.at) : self.at]

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self.source.line_starts[self.source.position(offset)[0] - 1]

    def line(self, offset: int) -> int:
        """The number of the line of an offset."""
        return self.source.position(offset)[0]

    def indentation(self, line: int) -> int:
        """How many spaces a line begins with."""
        text = self.source.line(line)
        return len(text) - len(text.lstrip(" "))

    def previous_line(self, line: int) -> int | None:
        """The nearest line above that has content, unless it is a thousand lines away."""
        for number in range(line - 1, max(0, line - 1000), -1):
            content = self.source.line(number).strip()
            if content and not content.startswith("#"):
                return number
        return None

    def span(self, start: int, length: int = 1) -> Span:
        """Some characters from an offset on, no further than the text goes."""
        start = min(start, len(self.text))
        return Span(self.source, start, min(start + length, len(self.text)))

    def content(self, line: int) -> Span:
        """A line without its indentation and ending."""
        text = self.source.line(line)
        start = self.source.line_starts[line - 1] + len(text) - len(text.lstrip())
        return self.span(start, len(text.strip()))
