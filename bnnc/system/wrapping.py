"""Wrap text between words, to the width of a terminal.

Every function takes the columns that there are; None is a pipe or a file, where nothing is broken.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

# Longer lines of prose are hard to read, however wide the terminal is.
_WIDEST = 100
# Meanings in less room than this are under their names.
_NARROWEST = 36
# What stands for a space inside of a quotation while lines are broken.
_UNBROKEN = "\ue000"
_ITEM = re.compile(r"\s*([-*]|\d+\.) ")


def wrapped(text: str, columns: int | None, *, indent: str = "") -> str:
    """The text with its lines broken between words, the later ones of each indented.

    What is quoted in backticks stays on one line, so that a command can be copied. Lines that begin
    with four spaces are code and are left as they are.
    """
    if columns is None:
        return text
    most = min(columns, _WIDEST)
    lines = (
        line if line.startswith("    ") else _broken(line, most, indent)
        for line in text.split("\n")
    )
    return "\n".join(lines)


def definitions(
    rows: Iterable[tuple[str, str]], columns: int | None, *, indent: str = "", most: int = 32
) -> str:
    """Names with what they mean, the meanings under each other.

    On a terminal, a name of more than `most` characters has its meaning on the next line.
    """
    rows = list(rows)
    sizes = [len(name) for name, _ in rows]
    column = max((size for size in sizes if columns is None or size <= most), default=2) + 2
    if columns is not None and columns - len(indent) - column < _NARROWEST:
        column = 4
    hanging = indent + " " * column
    lines = []
    for name, meaning in rows:
        line = f"{indent}{name:{column}}{meaning}".rstrip()
        if columns is None:
            lines.append(line)
        elif len(name) + 2 > column:
            lines.append(indent + name)
            lines += [_broken(hanging + meaning, columns, hanging)] if meaning else []
        else:
            lines.append(_broken(line, columns, hanging))
    return "\n".join(lines)


def filled(parts: Iterable[str], columns: int | None, *, indent: str = "  ") -> str:
    """Parts with two spaces between them, on as many lines as it takes; no part is broken."""
    lines = [""]
    for part in parts:
        begun = f"{lines[-1]}  {part}" if lines[-1].strip() else lines[-1] + part
        if columns is not None and len(begun) > columns and lines[-1].strip():
            lines.append(indent + part)
        else:
            lines[-1] = begun
    return "\n".join(lines)


def page(text: str, columns: int | None) -> str:
    """A page of Markdown with its paragraphs and list items filled to the width.

    Code, headings and tables are left as they are.
    """
    if columns is None:
        return text
    blocks: list[tuple[str, bool]] = []  # with whether it is prose
    in_code = False
    for line in text.split("\n"):
        is_fence = line.lstrip().startswith("```")
        is_prose = not (
            in_code or is_fence or not line.strip() or re.match(r"#|\|.*\|$|    ", line)
        )
        in_code ^= is_fence
        if is_prose and blocks and blocks[-1][1] and not _ITEM.match(line):
            blocks[-1] = (f"{blocks[-1][0]} {line.strip()}", True)
        else:
            blocks.append((line, is_prose))
    most = min(columns, _WIDEST)
    return "\n".join(_filled(block, most) if is_prose else block for block, is_prose in blocks)


def _filled(block: str, columns: int) -> str:
    item = _ITEM.match(block)
    return _broken(block, columns, " " * len(item[0]) if item else "")


def _broken(line: str, columns: int, indent: str) -> str:
    """A line broken between words; a word that is longer than a line is left whole."""
    if len(line) <= columns:
        return line
    text = line.lstrip(" ")
    text = re.sub(r"`[^`]*`", lambda found: found[0].replace(" ", _UNBROKEN), text)
    lines = textwrap.wrap(
        text,
        columns,
        initial_indent=" " * (len(line) - len(line.lstrip(" "))),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace(_UNBROKEN, " ")
