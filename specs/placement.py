"""Where the layers stand: the nesting of a spec walked into one flat tuple, inputs before outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from bnnc.specs.layers import LayerSection

Path = tuple[str | int, ...]

# Stands among `inputs` for the images.
IMAGES = -1


class Named(Protocol):
    """What has a type, and perhaps a name of its own: a layer, or the text of one."""

    @property
    def type(self) -> str:
        """The word that says which layer it is."""

    @property
    def name(self) -> str | None:
        """Its own name, if it has one."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer of the model at its place.

    Attributes:
        index: its number, in an order in which every layer stands behind its inputs.
        path: where the spec says it, as in `("layers", 2)`.
        name: name of the Keras layer: its own, or its type with a number from the second one on.
        section: what the spec says of it; None where that has errors.
        inputs: indices of the layers whose outputs it takes, or `IMAGES`.
    """

    index: int
    path: Path
    name: str
    section: LayerSection | None
    inputs: tuple[int, ...]

    @property
    def layer(self) -> LayerSection:
        """What the spec says of it, for those who know that it has no errors."""
        if self.section is None:
            raise AssertionError(f"{self.path} was looked at, and has errors of its own")
        return self.section


def place(layers: Sequence[LayerSection | None]) -> tuple[Placed, ...]:
    """Every layer of the model, one after the other."""
    return tuple(
        Placed(index, ("layers", index), name, layer, (index - 1 if index else IMAGES,))
        for index, (layer, name) in enumerate(zip(layers, names(layers), strict=True))
    )


def names(layers: Sequence[Named | None]) -> tuple[str, ...]:
    """The name of every layer: its own, or its type with a number from the second one on."""
    taken = {layer.name for layer in layers if layer is not None and layer.name is not None}
    given: list[str] = []
    # Where the search for each type's next free number stands, so that it stays linear.
    following: dict[str, int] = {}
    for layer in layers:
        if layer is not None and layer.name is not None:
            given.append(layer.name)
            continue
        kind = "layer" if layer is None else layer.type
        number = following.get(kind, 0)
        name = kind if number == 0 else f"{kind}_{number}"
        while name in taken:
            number += 1
            name = f"{kind}_{number}"
        following[kind] = number + 1
        taken.add(name)
        given.append(name)
    return tuple(given)


def before(placed: Sequence[Placed], index: int) -> Iterator[Placed]:
    """The layers that one layer's first input comes from, the nearest first."""
    index = placed[index].inputs[0]
    while index != IMAGES:
        yield placed[index]
        index = placed[index].inputs[0]


def with_kernel_behind(placed: Sequence[Placed]) -> frozenset[int]:
    """Indices of the layers whose outputs a layer with a kernel reads, directly or not."""
    found: set[int] = set()
    for one in reversed(placed):
        has_kernel = one.section is not None and bool(one.section.kernel_initializers)
        if has_kernel or one.index in found:
            found.update(one.inputs)
    return frozenset(found - {IMAGES})
