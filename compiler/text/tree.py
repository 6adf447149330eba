"""The tree of a text: plain values, each with its span.

Paths are tuples of mapping keys and sequence indices, as in `("layers", 2, "units")`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from bnnc.compiler.text.source import Span

Path = tuple[str | int, ...]
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A string, number, boolean or null.

    `reported` says that the reader has reported this value already (an empty section, a number
    out of range, a tag): what reads the tree reports nothing more about it.
    """

    value: bool | int | float | str | None
    span: Span
    reported: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; its span is the whole list."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value; its span runs from the key to the end of the value.

    Key and value are of one source, also where the mapping around them is put together from
    several.
    """

    key: str
    key_span: Span
    value: Node

    @property
    def span(self) -> Span:
        """The whole entry, `key: value`."""
        return Span(self.key_span.source, self.key_span.start, self.value.span.end)


@dataclass(frozen=True)
class Mapping:
    """A mapping with string keys, each key once, in the order of the text.

    Entries may come from other sources than the mapping itself, whose span is where the last of
    them that says it says it. `removed` are entries of its own that stand for nothing: `key: null`
    over a key of a file that is extended.
    """

    entries: tuple[Entry, ...]
    span: Span
    removed: tuple[Entry, ...] = ()

    @cached_property
    def _entry_of_key(self) -> dict[str, Entry]:
        return {entry.key: entry for entry in self.entries}

    def entry(self, key: str) -> Entry | None:
        """The entry of a key, or None."""
        return self._entry_of_key.get(key)

    @property
    def own_entries(self) -> tuple[Entry, ...]:
        """The entries that stand in the mapping's own source, in the order of its text."""
        source = self.span.source
        own = [one for one in self.entries if one.key_span.source == source]
        if not self.removed and len(own) == len(self.entries):
            return self.entries
        return tuple(sorted((*own, *self.removed), key=lambda one: one.key_span.start))

    @property
    def first_place(self) -> Span:
        """Its first key, or the whole mapping where it has none."""
        own = self.own_entries
        return own[0].key_span if own else self.span


Node = Scalar | Sequence | Mapping


def find(node: Node, path: Path) -> Node | None:
    """The node at a path, or None where the text does not go that far."""
    for step in path:
        match node:
            case Mapping() if isinstance(step, str):
                entry = node.entry(step)
                if entry is None:
                    return None
                node = entry.value
            case Sequence() if isinstance(step, int) and 0 <= step < len(node.items):
                node = node.items[step]
            case _:
                return None
    return node


def find_entry(node: Node, path: Path) -> Entry | None:
    """The mapping entry at a path, or None where there is none (an index, or not written)."""
    if not path or not isinstance(path[-1], str):
        return None
    parent = find(node, path[:-1])
    return parent.entry(path[-1]) if isinstance(parent, Mapping) else None


def to_json(node: Node) -> Json:
    """The plain value of a tree, as the JSON data model has it."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [to_json(item) for item in node.items]
        case Mapping():
            return {entry.key: to_json(entry.value) for entry in node.entries}


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every node with its path, parents before children."""
    yield path, node
    match node:
        case Sequence():
            for index, item in enumerate(node.items):
                yield from walk(item, (*path, index))
        case Mapping():
            for entry in node.entries:
                yield from walk(entry.value, (*path, entry.key))
