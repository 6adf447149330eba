"""Find where each value of a spec comes from: a file, an override, or a default."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bnnc.compiler.report import Report
from bnnc.compiler.text.scalars import EXACT_INTEGERS, resolve
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Json, Mapping, Node, Path, Sequence
from bnnc.errors import InternalError
from bnnc.printable import harmless

WIDTH = 80
"""Cells that a line of the flattened spec takes, unless its value or its origin needs more."""

_COLUMN = 40  # where an origin stands, unless the value before it needs more
_PLAIN = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_./-]| (?=[A-Za-z0-9]))*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a spec: a single one, a list of them, or an empty mapping.

    `places` are where it is said; none for a default. A list whose items a setting changed has the
    place of each such item behind its own.
    """

    path: Path
    value: Json
    places: tuple[Span, ...]

    @property
    def origin(self) -> str:
        """Where it comes from, as in `base.yaml:3`, `--set #1` or `default`."""
        return ", ".join(dict.fromkeys(map(_place, self.places))) or "default"

    def as_json(self) -> dict[str, Any]:
        """The value as plain values."""
        places = [
            {"file": span.source.name, "line": span.position[0], "column": span.position[1]}
            for span in self.places
        ]
        return {"path": list(self.path), "value": self.value, "origin": self.origin} | {
            "places": places
        }


def provenance(report: Report) -> tuple[Value, ...]:
    """Every value of a spec that compiles, defaults too, in the order of the language."""
    document = report.accepted().model_dump(mode="json")
    if report.tree is None:
        raise InternalError("a spec without a tree")
    return tuple(_values((), document, report.tree))


def flattened(values: tuple[Value, ...]) -> str:
    """The whole spec as one text, every value with a comment that says where it comes from.

    The text is a spec itself, which extends nothing and means the same.
    """
    lines: list[str] = []
    before: Path = ()
    for one in values:
        common = _in_common(before, one.path)
        before = one.path
        is_item = False
        for depth in range(common, len(one.path)):
            step = one.path[depth]
            if isinstance(step, int):
                is_item = True  # the next key stands behind a dash
                continue
            margin = " " * (2 * depth - 2) + "- " if is_item else " " * (2 * depth)
            is_item = False
            line = f"{margin}{step}:"
            lines.append(line if depth < len(one.path) - 1 else _with_origin(line, one))
    return "\n".join(lines)


def _values(path: Path, value: Json, node: Node | None) -> Iterator[Value]:
    """The values at and below a path, where `node` is what the texts have there, if anything."""
    if isinstance(value, dict) and value:
        for key, inside in value.items():
            entry = node.entry(key) if isinstance(node, Mapping) else None
            yield from _values((*path, key), inside, None if entry is None else entry.value)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        items = node.items if isinstance(node, Sequence) else ()
        for index, item in enumerate(value):
            yield from _values((*path, index), item, items[index] if index < len(items) else None)
    else:
        yield Value(path, value, _places(node))


def _places(node: Node | None) -> tuple[Span, ...]:
    if node is None:
        return ()
    if isinstance(node, Sequence):
        changed = [item.span for item in node.items if item.span.source != node.span.source]
        return (node.span, *changed)
    return (node.span,)


def _place(span: Span) -> str:
    name = harmless(span.source.name)
    return f"{name}:{span.position[0]}" if span.source.is_file else name.strip("<>")


def _in_common(before: Path, path: Path) -> int:
    """How many steps two paths begin with together."""
    pairs = zip(before, path, strict=False)
    return next((index for index, (one, other) in enumerate(pairs) if one != other), len(before))


def _with_origin(line: str, one: Value) -> str:
    text = f"{line} {_written(one.value)}"
    column = max(len(text) + 2, min(_COLUMN, WIDTH - len(one.origin) - 2))
    return f"{text:<{column}}# {one.origin}"


def _written(value: Json) -> str:
    """A value as a spec has it, on one line."""
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_INTEGERS:
        return str(int(value))  # the language has one kind of number
    if isinstance(value, str) and _PLAIN.fullmatch(value) and resolve(value) == value:
        return value
    return harmless(json.dumps(value, ensure_ascii=False))
