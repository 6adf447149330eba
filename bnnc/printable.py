"""Make text safe to print: escape the characters that a terminal would execute."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, TextIO

# Control, format and surrogate characters, and the two line separators: what a terminal would
# obey instead of show, or what would reorder the text around it.
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def escaped(character: str) -> str:
    """The character itself, or its escape where a terminal would not show it as written."""
    if " " <= character <= "~":
        return character
    if unicodedata.category(character) not in _UNSHOWN:
        return character
    code = ord(character)
    if code <= 0xFF:
        return {"\t": "\\t", "\n": "\\n", "\r": "\\r"}.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def harmless(text: str) -> str:
    """The text on one line, with every character escaped that a terminal would obey."""
    return text if text.isascii() and text.isprintable() else "".join(map(escaped, text))


def printable(text: str) -> str:
    """The text, on the lines that it has, with what a terminal would obey escaped; tabs stay."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(one if one in "\n\t" else escaped(one) for one in text)


class PrintableError(Exception):
    """An error whose message can be printed: names of files and classes in it may be anything."""

    def __str__(self) -> str:
        return printable(super().__str__())


# Colours and weights; on a terminal also what a progress bar needs: to begin a line anew, to go
# back by a character or up by lines, to erase, to hide the cursor and show it again.
_STYLES = r"\x1b\[[0-9;]*m"
_PROGRESS = r"\x1b\[[0-9;]*[AKJ]|\x1b\[\?25[hl]|[\r\x08]"


class PrintableStream:
    """A stream of text that passes on what its reader may see, and escapes the rest.

    A terminal gets colours and progress bars, which are bnnc's own; nothing else that it would
    obey, such as a title, a link, or what a key shall type. Elsewhere nothing is to be obeyed.

    Args:
        stream: the stream to write to.
        styled: whether colours pass through where the stream is no terminal.
    """

    def __init__(self, stream: TextIO, *, styled: bool = False) -> None:
        self._stream = stream
        obeyed = [_STYLES] * (styled or stream.isatty()) + [_PROGRESS] * stream.isatty()
        self._kept = re.compile("|".join([r"\r\n", *obeyed]))

    def write(self, text: str) -> int:
        """Write a text, and return how many characters of it."""
        if text.isascii() and text.replace("\n", "").isprintable():
            self._stream.write(text)
            return len(text)
        start, parts = 0, []
        for kept in self._kept.finditer(text):
            parts += [printable(text[start : kept.start()]), kept[0]]
            start = kept.end()
        self._stream.write("".join([*parts, printable(text[start:])]))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
