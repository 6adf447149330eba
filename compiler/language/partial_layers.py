"""The layers of a document some of which have errors, as far as each is right by itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bnnc.compiler.text.tree import Json, Path
from bnnc.errors import InternalError
from bnnc.specs.layers import LAYER_TYPES, LayerSection, type_name
from bnnc.specs.layers.block import Block, Walk
from bnnc.specs.spec import Spec

Layers = tuple[LayerSection | None, ...]

_BLOCKS = {type_name(one): one for one in LAYER_TYPES if issubclass(one, Block)}


class BrokenBlock(Block):
    """A block that has errors of its own, beside layers that may be right.

    What it makes of its layers is not known: shapes break off behind it.
    """

    type: str
    lists: Any

    @property
    def parts(self) -> tuple[tuple[Path, Sequence[Any]], ...]:
        """The lists that are lists."""
        return tuple(self.lists)

    def place(self, walk: Walk, path: Path, start: int) -> int:
        """Each list by itself, and behind them a layer of which nothing is known."""
        for part, layers in self.parts:
            walk.stack(layers, (*path, *part), start)
        return walk.stack([None], (*path, "unknown"), start)


def partial_layers(
    value: Json, path: Path, broken: frozenset[Path], touched: frozenset[Path]
) -> Layers:
    """The layers of a list; None for one with errors, unless it is a block with layers in it."""
    if not isinstance(value, list):
        return ()
    return tuple(_layer(item, (*path, index), broken, touched) for index, item in enumerate(value))


def once(layers: Sequence[LayerSection | None]) -> Layers:
    """The layers, each of them once: what they say, and no model."""
    found: list[LayerSection | None] = []
    for layer in layers:
        if isinstance(layer, Block):
            found.append(
                _broken(layer.type, layer.name, [(part, once(one)) for part, one in layer.parts])
            )
        else:
            found.append(layer)
    return tuple(found)


def _layer(
    item: Json, path: Path, broken: frozenset[Path], touched: frozenset[Path]
) -> LayerSection | None:
    if path not in touched:
        try:
            return _LAYER.validate_json(json.dumps(item))
        except ValidationError as error:
            raise InternalError(f"{path} has an error that was not reported") from error
    kind = item.get("type") if isinstance(item, dict) else None
    if path in broken or not isinstance(item, dict) or str(kind) not in _BLOCKS:
        return None
    name = item.get("name") if (*path, "name") not in touched else None
    branches = item.get("branches")
    found: list[tuple[Path, Json]] = [(("body",), item.get("body"))]
    found += [
        (("branches", number), branch)
        for number, branch in enumerate(branches if isinstance(branches, list) else [])
    ]
    lists = [
        (part, partial_layers(inner, (*path, *part), broken, touched))
        for part, inner in found
        if broken.isdisjoint((*path, *part[:length]) for length in range(1, len(part) + 1))
    ]
    return _broken(str(kind), name if isinstance(name, str) else None, lists)


def _broken(kind: str, name: str | None, lists: list[Any]) -> BrokenBlock:
    return BrokenBlock.model_construct(type=kind, name=name, lists=lists)


def _layer_adapter() -> TypeAdapter[LayerSection]:
    field = Spec.model_fields["layers"]
    return TypeAdapter(field.annotation.__args__[0])  # type: ignore[union-attr]  # list[Layer]


_LAYER = _layer_adapter()
