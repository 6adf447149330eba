"""What a layer is called in a sentence, by its place in the spec."""

from __future__ import annotations

from bnnc.compiler.text.tree import Path


def is_layer(path: Path) -> bool:
    """Whether a layer stands at a path."""
    if len(path) < 2 or path[0] != "layers" or not isinstance(path[-1], int):
        return False
    return path[-2] in {"layers", "body"} or (len(path) > 3 and path[-3] == "branches")


def describe_layer(path: Path) -> str:
    """The layer at a path, as in `layer 3`, or `layer 1 of branch 2 in layer 3`; counted from 1."""
    words = f"layer {int(path[-1]) + 1}"
    if len(path) == 2:
        return words
    if path[-2] == "body":
        return f"{words} of `body` in {describe_layer(path[:-2])}"
    return f"{words} of branch {int(path[-2]) + 1} in {describe_layer(path[:-3])}"


def field_name(path: Path) -> str:
    """The name of a field as a person says it: the last key, not an index."""
    words = [step for step in path if isinstance(step, str)]
    return words[-1] if words else "spec"


def subject(path: Path) -> str:
    """The subject of a sentence about the value at a path."""
    if path and isinstance(path[-1], int):
        return describe_layer(path) if is_layer(path) else f"each item of `{field_name(path)}`"
    return f"`{field_name(path)}`"
