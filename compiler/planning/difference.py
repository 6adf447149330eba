"""Compare two specs by meaning, not by layout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from bnnc.specs import Spec


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two specs mean something else; None stands for what is not there."""

    path: str
    before: object
    after: object


# Where a block has layers: every layer has a name, and its place is said by it alone.
_LAYERS = re.compile(r"^layers\..*\.(body|branches\[\d+\])$")
_BRANCHES = re.compile(r"^layers\..*\.branches$")


def difference(before: Spec, after: Spec) -> tuple[Difference, ...]:
    """Every difference in the order of the language; empty if the fingerprints are equal."""
    return tuple(_mappings("", before.canonical(), after.canonical()))


def _mappings(path: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    for key in dict.fromkeys([*before, *after]):
        here = f"{path}.{key}" if path else key
        yield from _values(here, before.get(key), after.get(key))


def _values(path: str, before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _mappings(path, before, after)
    elif path == "layers" or _LAYERS.search(path):
        yield from _layers(before, after)
    elif _BRANCHES.search(path) and len(before or ()) == len(after or ()):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _values(f"{path}[{index}]", old, new)
    else:
        yield Difference(path, before, after)


def _layers(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[Difference]:
    """Layers aligned by their types, so that one put in between is one difference."""
    matcher = SequenceMatcher(
        None, [layer["type"] for layer in before], [layer["type"] for layer in after], False
    )
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            for old, new in zip(before[start:end], after[new_start:new_end], strict=True):
                yield from _mappings(f"layers.{new['name']}", old, new)
            continue
        for layer in before[start:end]:
            yield Difference(f"layers.{layer['name']}", layer, None)
        for layer in after[new_start:new_end]:
            yield Difference(f"layers.{layer['name']}", None, layer)
