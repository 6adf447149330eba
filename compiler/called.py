"""What a layer is called in a sentence, by its place in the spec."""

from __future__ import annotations

from bnnc.compiler.text.tree import Path


def is_layer(path: Path) -> bool:
    """Whether a layer stands at a path."""
    return path[:1] == ("layers",) and len(path) == 2


def called(path: Path) -> str:
    """The layer at a path, as in `layer 3`: they are counted from 1."""
    return f"layer {int(path[1]) + 1}"
