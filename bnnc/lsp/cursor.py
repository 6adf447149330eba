"""What stands at a place of a spec, also of one that cannot be read as it is.

While a person types, the text is rarely YAML. A word that stands for the cursor is written into it,
in the ways in which the text may go on, until one of them can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bnnc.compiler.reading.reader import read
from bnnc.compiler.text.source import Source, Span
from bnnc.compiler.text.tree import Json, Mapping, Node, Path, Scalar, Sequence, to_json, walk

_MARK = "bnnc_cursor_7f3a"
_WORD_BEFORE = re.compile(r"[\w./][\w./-]*\Z")
_WORD_BEHIND = re.compile(r"[\w./-]*")
_SECTION = re.compile(r"^[\"']?\w[\w-]*[\"']?[ \t]*:", re.MULTILINE)
# What brackets do not count in: strings and comments.
_SKIPPED = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|(?:^|(?<=\s))#[^\n]*', re.MULTILINE)
# A text that is longer is not written anew with every key.
_LONGEST = 300_000


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a spec.

    Attributes:
        kind: whether a key, the value of a key, or an item of a list stands there.
        path: the path of the mapping that the key is in; of the value; of the item.
        word: what is written there.
        document: the spec as plain values, where the cursor's key is left out, and its value null.
        has_value: whether a key is followed by its colon.
        in_quotes: whether the word is in quotes.
        in_brackets: whether the innermost list or mapping is in flow style.
        span: the characters of the word.
    """

    kind: Literal["key", "value", "item"]
    path: Path
    word: str
    document: dict[str, Json]
    has_value: bool
    in_quotes: bool
    in_brackets: bool
    span: Span


def cursor_at(source: Source, offset: int, last: Mapping | None = None) -> Cursor | None:
    """What stands at an offset; None where nothing of the language can, as in a comment.

    Args:
        source: the text.
        offset: between two of its characters.
        last: the tree of the last text that could be read, for what stands behind the cursor where
            the text cannot be read to its end.
    """
    text = source.text
    if len(text) > _LONGEST:
        return None
    before = _WORD_BEFORE.search(text, max(0, offset - 200), offset)
    behind = _WORD_BEHIND.match(text, offset)
    start = before.start() if before else offset
    end = behind.end() if behind else offset
    span = Span(source, start, end)
    for written, is_whole in _ways_to_go_on(text, start, end):
        tree, _ = read(Source(source.name, written))
        found = None if tree is None else _find(tree)
        if tree is None or found is None:
            continue
        kind, path = found
        document = _without_mark(tree)
        if not is_whole and last is not None:
            document = _completed(document, last, path)
        follows = text[end : end + 1].strip("\"'") + text[end + 1 : end + 2]
        return Cursor(
            kind,
            path,
            span.text,
            document,
            has_value=follows.lstrip(" \t").startswith(":"),
            in_quotes=text[start - 1 : start] in {'"', "'"},
            in_brackets=bool(_open_brackets(text[:start])),
            span=span,
        )
    return None


def _ways_to_go_on(text: str, start: int, end: int) -> Iterator[tuple[str, bool]]:
    """Texts with the mark in place of the word, and whether they have all that is behind it."""
    before, behind = text[:start], text[end:]
    line = before[before.rfind("\n") + 1 :]
    words = [_MARK, f"{_MARK}: 0"]
    if not line.strip(" \t-") and not line.rstrip(" \t").endswith("-"):
        words.reverse()  # a line of its own: a key, and no value that goes on
    for word in words:
        yield before + word + behind, True
    closers = _open_brackets(before)
    quote = before[-1:] if before[-1:] in {'"', "'"} else ""
    rest = behind[: len(behind) - len(behind.lstrip("\n"))] if behind.startswith("\n") else ""
    next_lines = behind[behind.find("\n") :] if "\n" in behind else ""
    for tail in (next_lines, ""):
        for word in (f"{_MARK}{quote}", f"{_MARK}{quote}: 0"):
            yield before + word + closers + (tail or rest), bool(tail)
    # Something before it cannot be read either: of the section that it is in alone.
    sections = [found.start() for found in _SECTION.finditer(before)]
    if sections:
        own = before[sections[-1] :]
        for word in (f"{_MARK}{quote}", f"{_MARK}{quote}: 0"):
            yield own + word + _open_brackets(own), False


def _open_brackets(text: str) -> str:
    """The brackets that would close those that are open at the end of a text."""
    closers: list[str] = []
    for character in _SKIPPED.sub("", text):
        if character in "{[":
            closers.append("}" if character == "{" else "]")
        elif character in "}]" and closers:
            closers.pop()
    return "".join(reversed(closers))


def _find(tree: Mapping) -> tuple[Literal["key", "value", "item"], Path] | None:
    for path, node in walk(tree):
        if isinstance(node, Mapping) and node.entry(_MARK) is not None:
            return "key", path
        if isinstance(node, Scalar) and node.value == _MARK:
            return ("item" if isinstance(path[-1], int) else "value"), path
    return None


def _without_mark(tree: Mapping) -> dict[str, Json]:
    document = _cleaned(to_json(tree))
    assert isinstance(document, dict)
    return document


def _cleaned(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _cleaned(one) for key, one in value.items() if key != _MARK}
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    return None if value == _MARK else value


def _completed(document: dict[str, Json], last: Mapping, path: Path) -> dict[str, Json]:
    """The document with the sections of an earlier text that it has lost."""
    known = to_json(last)
    assert isinstance(known, dict)
    own = path[0] if path else None
    return {**{key: one for key, one in known.items() if key != own}, **document}


def path_at(tree: Node, offset: int, source: Source) -> tuple[Path, bool] | None:
    """The innermost entry or item at an offset of a text that was read, and whether it is a key.

    None where the offset is in none of them.
    """
    path: Path = ()
    node = tree
    while True:
        step = _step(node, offset, source)
        if step is None:
            return (path, False) if path else None
        key, node, on_key = step
        path = (*path, key)
        if on_key:
            return path, True


def _step(node: Node, offset: int, source: Source) -> tuple[str | int, Node, bool] | None:
    match node:
        case Mapping():
            for entry in node.entries:
                if entry.key_span.source != source:
                    continue
                if entry.key_span.start <= offset <= entry.key_span.end:
                    return entry.key, entry.value, True
                if entry.key_span.end < offset <= entry.value.span.end:
                    return entry.key, entry.value, False
        case Sequence():
            for index, item in enumerate(node.items):
                span = item.span
                if span.source == source and span.start <= offset <= span.end:
                    return index, item, False
    return None
