"""Write out blocks: the nested layers of a spec as one flat tuple, inputs before outputs.

The spec keeps the blocks as they are written; everything behind it, rules and plan and lowering,
reads the placed layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bnnc.specs.layers import Layer, LayerSection
from bnnc.specs.layers.block import Block, Path

# Stands among `inputs` for the images.
IMAGES = -1
# Three times ResNet-1001, and what is still checked, planned and emitted within a second.
MAX_PLACED = 5_000


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer of the model at its place.

    Attributes:
        index: its number, in an order in which every layer stands behind its inputs.
        path: where the spec says it, as in `("layers", 2, "body", 0)`; the path of its block where
            that makes it by itself.
        name: name of the Keras layer: its own, or its type, with a number from the second one on.
        section: what the spec says of it; None where that has errors.
        inputs: indices of the layers whose outputs it takes, or `IMAGES`.
        selectors: the names that it has in `bayesian.layers`: its name, which all its repetitions
            share with the first one, and those of the blocks around it.
        made: whether a block makes it by itself: it stands in no list of the spec.
    """

    index: int
    path: Path
    name: str
    section: LayerSection | None
    inputs: tuple[int, ...]
    selectors: tuple[str, ...]
    made: bool = False

    @property
    def layer(self) -> LayerSection:
        """The section of the layer, if it is known to have no errors."""
        if self.section is None:
            raise AssertionError(f"{self.path} was looked at, and has errors of its own")
        return self.section


class TooManyLayersError(ValueError):
    """Blocks repeat each other to more layers than a model may have."""


def place(layers: Sequence[Layer | None]) -> tuple[Placed, ...]:
    """Every layer of the model, one after the other. Raises: TooManyLayersError."""
    return _walk(layers).placed_layers


def names_by_path(layers: Sequence[Layer | None]) -> dict[Path, str]:
    """The name of every layer and block that is written, where it stands the first time.

    Raises: TooManyLayersError.
    """
    return _walk(layers).first_names


def canonical_layers(layers: Sequence[Layer], dumped: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The dumped fields of layers with their names, blocks written out as far as they mean it.

    Raises: TooManyLayersError.
    """
    names = iter(_walk(layers).names)

    def canonical(
        sections: Sequence[LayerSection], fields: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for section, own in zip(sections, fields, strict=True):
            name = next(names)
            if isinstance(section, Block):
                found += section.written_out(own, name, canonical)
            else:
                found.append({**section.canonical(own), "name": name})
        return found

    return canonical(layers, dumped)


def layers_by_name(canonical: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The layers of a canonical spec, those in blocks too, by their names."""
    found: dict[str, dict[str, Any]] = {}
    for layer in canonical:
        found[layer["name"]] = layer
        for inner in (layer.get("body", []), *layer.get("branches", [])):
            found |= layers_by_name(inner)
    return found


def count(layers: Sequence[Layer | None]) -> int:
    """How many layers and blocks the walk meets, without walking."""
    total = len(layers)
    for layer in layers:
        if isinstance(layer, Block):
            total += layer.repetitions * sum(count(inner) for _, inner in layer.parts)
    return total


def written(
    layers: Sequence[Layer | None], path: Path = ("layers",)
) -> Iterator[tuple[Path, LayerSection | None]]:
    """Every layer and block that the spec says, once, with its path: blocks before what is in them."""
    for number, layer in enumerate(layers):
        here = (*path, number)
        yield here, layer
        if isinstance(layer, Block):
            for part, inner in layer.parts:
                yield from written(inner, (*here, *part))


def before(placed: Sequence[Placed], index: int) -> Iterator[Placed]:
    """The layers that one layer's first input comes from, the nearest first."""
    index = placed[index].inputs[0]
    while index != IMAGES:
        yield placed[index]
        index = placed[index].inputs[0]


def kernels_above(placed: Sequence[Placed]) -> dict[int, Placed]:
    """For each layer by its index, the nearest layer with a kernel that its first input comes from.

    Layers without one above them are left out.
    """
    found: dict[int, Placed] = {}
    for one in placed:
        index = one.inputs[0]
        if index == IMAGES:
            continue
        section = placed[index].section
        if section is not None and section.has_kernel:
            found[one.index] = placed[index]
        elif index in found:
            found[one.index] = found[index]
    return found


def with_kernel_behind(placed: Sequence[Placed]) -> frozenset[int]:
    """Indices of the layers whose outputs a layer with a kernel reads, directly or not."""
    found: set[int] = set()
    for one in reversed(placed):
        has_kernel = one.section is not None and one.section.has_kernel
        if has_kernel or one.index in found:
            found.update(one.inputs)
    return frozenset(found - {IMAGES})


def _walk(layers: Sequence[Layer | None]) -> _Walk:
    met = count(layers)
    if met > MAX_PLACED:
        raise TooManyLayersError(f"{met:,} layers, written out; at most {MAX_PLACED:,} can be")
    walk = _Walk(_own_names(layers))
    walk.stack(layers, ("layers",), IMAGES)
    return walk


def _own_names(layers: Sequence[Layer | None]) -> set[str]:
    own: set[str] = set()
    for layer in layers:
        if layer is not None and layer.name is not None:
            own.add(layer.name)
        if isinstance(layer, Block):
            own.update(*(_own_names(inner) for _, inner in layer.parts))
    return own


class _Walk:
    """The walk, with what it has met: `names` are those of layers and blocks in its order."""

    def __init__(self, own_names: set[str]) -> None:
        self.placed: list[Placed] = []
        self.names: list[str] = []
        self.first_names: dict[Path, str] = {}
        self._taken = own_names
        # Where the search for each word's next free number stands, so that it stays linear.
        self._following: dict[str, int] = {}
        # The block that is being placed: its path, its name, its name in its first repetition.
        self._block: tuple[Path, str, str] = (("layers",), "", "")
        self._around: tuple[str, ...] = ()

    @property
    def placed_layers(self) -> tuple[Placed, ...]:
        return tuple(self.placed)

    def stack(self, layers: Sequence[Layer | None], path: Path, start: int) -> int:
        """Place layers one after the other, and return the last one."""
        for number, layer in enumerate(layers):
            here = (*path, number)
            name = self._name(layer, here)
            self.names.append(name)
            first = self.first_names.setdefault(here, name)
            if isinstance(layer, Block):
                outer = self._block, self._around
                self._block, self._around = (here, name, first), (*self._around, first)
                start = layer.place(self, here, start)
                self._block, self._around = outer
            else:
                start = self._add(here, name, layer, (start,), first)
        return start

    def made(self, word: str, section: LayerSection, inputs: tuple[int, ...]) -> int:
        """Place a layer that the block makes by itself; `word` ends its name."""
        path, block, first = self._block
        name = self._free(f"{block}_{word}")
        return self._add(path, name, section, inputs, f"{first}_{word}", made=True)

    def _add(
        self,
        path: Path,
        name: str,
        section: LayerSection | None,
        inputs: tuple[int, ...],
        first: str,
        *,
        made: bool = False,
    ) -> int:
        index = len(self.placed)
        selectors = (first, *self._around)
        self.placed.append(Placed(index, path, name, section, inputs, selectors, made))
        return index

    def _name(self, layer: Layer | None, path: Path) -> str:
        """The layer's own name where it stands the first time, and a free one otherwise."""
        if layer is None:
            return self._free("layer")
        if layer.name is None:
            return self._free(layer.type)
        return self._free(layer.name) if path in self.first_names else layer.name

    def _free(self, word: str) -> str:
        number = self._following.get(word, 0)
        name = word if number == 0 else f"{word}_{number}"
        while name in self._taken:
            number += 1
            name = f"{word}_{number}"
        self._following[word] = number + 1
        self._taken.add(name)
        return name
