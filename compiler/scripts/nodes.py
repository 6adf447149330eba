"""Build nodes of a spec's tree whose spans are in the script."""

from __future__ import annotations

from collections.abc import Iterable

from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Entry, Mapping, Node, Scalar, Sequence

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


def node(value: Plain, span: Span) -> Node:
    """A plain value, all of it at one place of the script."""
    match value:
        case dict():
            return Mapping(
                tuple(Entry(key, span, node(one, span)) for key, one in value.items()), span
            )
        case list():
            return Sequence(tuple(node(one, span) for one in value), span)
        case _:
            return Scalar(value, span)


def mapping(entries: Iterable[Entry], span: Span) -> Mapping:
    """A mapping at a place; of entries with one key the last counts."""
    by_key = {one.key: one for one in entries}
    return Mapping(tuple(by_key.values()), span)
