"""Names of the layers of a text that is not checked yet."""

from __future__ import annotations

from typing import Any

from bnnc.compiler.language.partial_layers import once
from bnnc.compiler.text.tree import Mapping, Node, Path, Scalar, Sequence, find
from bnnc.specs.layers import LAYER_TYPES, LayerSection, type_name
from bnnc.specs.layers.block import Block
from bnnc.specs.placement import TooManyLayersError, names_by_path

_BLOCKS = {type_name(one): one for one in LAYER_TYPES if issubclass(one, Block)}


def layer_paths(layers: Sequence) -> dict[str, Path]:
    """The path of every layer and block by its name, as far as the text says it.

    A layer that a block repeats has the name of its first repetition.
    """
    said = [_layer(one) for one in layers.items]
    try:
        names = names_by_path(said)
    except TooManyLayersError:
        names = names_by_path(once(said))
    found: dict[str, Path] = {}
    for path, name in names.items():
        found.setdefault(name, path)
    return found


def _layer(node: Node) -> LayerSection:
    kind, name = _text(node, "type") or "", _text(node, "name")
    if kind not in _BLOCKS or not isinstance(node, Mapping):
        return LayerSection.model_construct(type=kind, name=name)
    block = _BLOCKS[kind]
    times = find(node, ("times",))
    branches = find(node, ("branches",))
    said: dict[str, Any] = {
        "type": kind,
        "name": name,
        "body": _layers(find(node, ("body",))),
        "branches": [_layers(one) for one in branches.items]
        if isinstance(branches, Sequence)
        else [],
        "times": times.value if isinstance(times, Scalar) and isinstance(times.value, int) else 1,
        **{key: word for key in ("shortcut", "activation", "merge") if (word := _text(node, key))},
    }
    return block.model_construct(
        **{key: value for key, value in said.items() if key in block.model_fields}
    )


def _layers(node: Node | None) -> list[LayerSection]:
    return [_layer(one) for one in node.items] if isinstance(node, Sequence) else []


def _text(layer: Node, key: str) -> str | None:
    found = find(layer, (key,))
    return found.value if isinstance(found, Scalar) and isinstance(found.value, str) else None
