"""Names of the layers, and which of them the Bayesian method applies to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bnnc.specs.bayesian import Bayesian
from bnnc.specs.layers import LayerSection


class Named(Protocol):
    """What has a type, and perhaps a name of its own: a layer, or the text of one."""

    @property
    def type(self) -> str:
        """The word that says which layer it is."""

    @property
    def name(self) -> str | None:
        """Its own name, if it has one."""


def layer_names(layers: Sequence[Named]) -> tuple[str, ...]:
    """The name of every layer: its own, or its type with a number from the second one on."""
    taken = {layer.name for layer in layers if layer.name is not None}
    names: list[str] = []
    # Where the search for each type's next free number stands, so that it stays linear.
    following: dict[str, int] = {}
    for layer in layers:
        if layer.name is not None:
            names.append(layer.name)
            continue
        number = following.get(layer.type, 0)
        name = layer.type if number == 0 else f"{layer.type}_{number}"
        while name in taken:
            number += 1
            name = f"{layer.type}_{number}"
        following[layer.type] = number + 1
        taken.add(name)
        names.append(name)
    return tuple(names)


def bayesian_sections(bayesian: Bayesian, layers: Sequence[LayerSection]) -> dict[int, Bayesian]:
    """What holds for every layer that a method applies to, by index: the section with its own over it.

    A layer with a method of its own is Bayesian by that one, whatever `bayesian.layers` selects.
    """
    found: dict[int, Bayesian] = {}
    chosen = selected_layers(bayesian, layers)
    for index, layer in enumerate(layers):
        own = layer.own_bayesian
        said = bayesian if own is None else own.over(bayesian)
        wanted = index in chosen or (own is not None and own.method is not None)
        if wanted and layer.carries(said.method):
            found[index] = said
    return found


def selected_layers(bayesian: Bayesian, layers: Sequence[LayerSection]) -> frozenset[int]:
    """Indices of the layers that `bayesian.layers` selects for the section's method."""
    able = [index for index, layer in enumerate(layers) if layer.carries(bayesian.method)]
    match bayesian.layers:
        case "all":
            return frozenset(able)
        case "last":
            return frozenset(able[-1:])
        case named:
            names = layer_names(layers)
            return frozenset(index for index in able if names[index] in named)
