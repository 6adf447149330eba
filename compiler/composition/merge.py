"""Merge two trees: a spec over the file that it extends."""

from __future__ import annotations

from dataclasses import replace

from bnnc.compiler.text.tree import Mapping, Node, Scalar, Sequence


def merge(base: Mapping, over: Mapping) -> Mapping:
    """The mapping that says what `over` says, and what `base` says where `over` is silent.

    Mappings are merged key by key; everything else, lists too, is replaced whole. `null` removes
    the key of the base, and is a value like another where the base has no such key. Every node
    keeps the span that it was read from; keys stand in the order of the base, then of `over`.

    References: RFC 7396, which merges so.
    """
    entries = {entry.key: entry for entry in base.entries}
    removed = list(over.removed)
    for entry in over.entries:
        below = entries.get(entry.key)
        if below is None:
            entries[entry.key] = entry
        elif is_null(entry.value):
            del entries[entry.key]
            removed.append(entry)
        elif isinstance(below.value, Mapping) and isinstance(entry.value, Mapping):
            entries[entry.key] = replace(entry, value=merge(below.value, entry.value))
        else:
            entries[entry.key] = entry
    return Mapping(tuple(entries.values()), over.span, tuple(removed))


def is_null(node: Node) -> bool:
    """Whether `null` is written, rather than something that the reader reported."""
    return isinstance(node, Scalar) and node.value is None and not node.reported


def nodes_of(tree: Node) -> int:
    """Keys, values, lists and mappings of a tree, as the reader counts them."""
    count = 0
    waiting: list[Node] = [tree]
    while waiting:
        node = waiting.pop()
        count += 1
        match node:
            case Sequence():
                waiting.extend(node.items)
            case Mapping():
                count += len(node.entries)
                waiting.extend(entry.value for entry in node.entries)
    return count
