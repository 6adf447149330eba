"""Sources and spans: the characters that a value was read from."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

# YAML ends a line with any of these, a lone carriage return too.
_LINE_ENDING = re.compile(r"\r\n?|\n")


@dataclass(frozen=True)
class Source:
    """A text with the name that a person knows it by (a path as given, `<stdin>`, `<dict>`).

    `folder` is what file names in the text are relative to; None where no folder is known.
    `is_shown` says whether findings may quote the text. `cell` is the number of a notebook's cell,
    among all its cells from 1, whose text this is.
    """

    name: str
    text: str = field(repr=False)
    folder: str | None = field(default=None, compare=False, repr=False)
    is_shown: bool = field(default=True, compare=False, repr=False)
    cell: int | None = None

    @property
    def is_file(self) -> bool:
        """Whether the text stands in a file; `<stdin>`, `<dict>` and their like are none."""
        return not (self.name.startswith("<") and self.name.endswith(">"))

    @property
    def title(self) -> str:
        """The name before a line and a column, as in `notebook.ipynb:cell 3:12:5`."""
        return self.name if self.cell is None else f"{self.name}:cell {self.cell}"

    @property
    def is_setting(self) -> bool:
        """Whether the text is a setting, of the command line or of a call."""
        return self.name.startswith(("<--set #", "<set #"))

    @cached_property
    def line_starts(self) -> list[int]:
        """Offsets at which each line starts, the first being 0."""
        return [0, *(ending.end() for ending in _LINE_ENDING.finditer(self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset in characters, both counted from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line counted from 1, without its line ending."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


def is_script(source: Source) -> bool:
    """Whether a source is a Python script or a notebook, by its name."""
    return is_script_name(source.name)


def is_notebook(source: Source) -> bool:
    """Whether a source is a Jupyter notebook, by its name."""
    return source.name.endswith(".ipynb")


def is_script_name(name: str) -> bool:
    """Whether a file is a Python script or a notebook, by its name."""
    return name.endswith((".py", ".ipynb"))


@dataclass(frozen=True, slots=True)
class Span:
    """The characters `start` to `end` (exclusive, in characters) of a source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    @property
    def position(self) -> tuple[int, int]:
        """Line and column of the first character, both counted from 1."""
        return self.source.position(self.start)
