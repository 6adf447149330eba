"""What libyaml reads otherwise than YAML 1.2 and JSON do, put right before it reads.

libyaml follows YAML 1.1. Three things differ in texts that people write:

- U+2028 and U+2029 end a line there; in YAML 1.2 and in JSON they are characters like others.
- A character beyond U+FFFF escaped as two halves, `\\ud83d\\ude00`, as JSON does, is refused.
- JSON allows tabs and line ends between any two tokens; libyaml does not everywhere.

Each is replaced by something harmless *of the same length*, so that every offset stays right,
and the values that come back get their own characters again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

LINE_SEPARATOR, PARAGRAPH_SEPARATOR = "\u2028", "\u2029"

# The first alternative steps over an escaped backslash, so that `\\ud83d` is not taken for one.
_ESCAPED_PAIR = re.compile(r"\\\\|\\(u[dD][89abAB][0-9a-fA-F]{2})\\(u[dD][c-fC-F][0-9a-fA-F]{2})")
_JSON_STRING_OR_SPACE = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")|[\t\r\n]+')


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text for libyaml, as long as the original, and the way back for its values."""

    text: str
    backslash: str = ""
    line_separator: str = ""
    paragraph_separator: str = ""

    def restore(self, value: str, *, double_quoted: bool) -> str:
        """The value that the original text has where libyaml read this one."""
        if self.backslash and self.backslash in value:
            if double_quoted:
                value = re.sub(f"{self.backslash}u(....){self.backslash}u(....)", _join, value)
            value = value.replace(self.backslash, "\\")
        if self.line_separator:
            value = value.replace(self.line_separator, LINE_SEPARATOR)
            value = value.replace(self.paragraph_separator, PARAGRAPH_SEPARATOR)
        return value


def prepare(text: str) -> Prepared:
    """The text with stand-ins for what libyaml would misread."""
    if text.lstrip(" \t\r\n").startswith(("{", "[")) and _is_json(text):
        text = _JSON_STRING_OR_SPACE.sub(lambda found: found[1] or " " * len(found[0]), text)
    has_separators = LINE_SEPARATOR in text or PARAGRAPH_SEPARATOR in text
    has_pairs = any(found[1] for found in _ESCAPED_PAIR.finditer(text))
    if not has_separators and not has_pairs:
        return Prepared(text)
    unused = _unused(text)
    backslash, line_separator, paragraph_separator = next(unused), next(unused), next(unused)
    text = _ESCAPED_PAIR.sub(
        lambda found: f"{backslash}{found[1]}{backslash}{found[2]}" if found[1] else found[0], text
    )
    text = text.replace(LINE_SEPARATOR, line_separator)
    text = text.replace(PARAGRAPH_SEPARATOR, paragraph_separator)
    return Prepared(text, backslash, line_separator, paragraph_separator)


def _join(found: re.Match[str]) -> str:
    high, low = int(found[1], 16), int(found[2], 16)
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _unused(text: str) -> Iterator[str]:
    """Characters that the text does not have; a text within the limit cannot have them all."""
    used = set(text) | {"\ufeff", "\ufffe", "\uffff"}
    return (chr(code) for code in range(0xE000, 0x110000) if chr(code) not in used)


def _is_json(text: str) -> bool:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)  # NaN and Infinity are Python's, not JSON's

    try:
        # Numbers stay text: int() refuses long ones, and only the form matters here.
        json.loads(text, parse_int=str, parse_float=str, parse_constant=refuse)
    except (ValueError, RecursionError):
        return False
    return True
