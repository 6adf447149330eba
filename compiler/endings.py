"""Where the numbers of the output come from: the activations that they come out of.

One layer gives them all, unless the layers end in a block: branches whose outputs are put side by
side end each by itself, and a sum is of what its terms are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bnnc.compiler.text.tree import Path
from bnnc.specs.layers.merging import Add, Concatenate
from bnnc.specs.placement import IMAGES, Placed

# Stands for the activation of a sum none of whose terms can be any number; no word of the language.
SUM = "sum"
# Added to anything, they can make it any number.
_ANY_NUMBER = frozenset({"linear", "leaky_relu"})


@dataclass(frozen=True, slots=True)
class Ending:
    """A part of the output's numbers, by the activation that it comes out of.

    Attributes:
        placed: the layer that ends with it; one that has errors, where the search meets one.
        activation: its name; `linear` where there is none, and `SUM`.
        path: the place that says it.
        terms: what a `SUM` is of.
    """

    placed: Placed
    activation: str
    path: Path
    terms: tuple[Ending, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether the search met no layer with errors."""
        return all(one.placed.section is not None for one in (self, *self.terms))


def endings(layers: Sequence[Placed], start: Placed) -> tuple[Ending, ...]:
    """The parts that the outputs of a layer are put together from, side by side.

    Looks back through layers that pass an activation on (flatten, dropout, pooling).
    """
    return tuple(
        _ending(layers, one, first) for one, first in _ends(layers, start, through=(Concatenate,))
    )


def _ending(layers: Sequence[Placed], end: Placed, first: Placed) -> Ending:
    section = end.section
    if section is None or section.final_activation is None:
        # Nothing but layers that pass their input on, up to the images; or one with errors.
        return Ending(first if section is not None else end, "linear", first.path)
    own = Ending(end, section.final_activation, (*end.path, "activation"))
    if not isinstance(section, Add):
        return own
    terms: list[Ending] = []
    for one, behind in _ends(layers, end, through=(Add, Concatenate)):
        terms.append(_ending(layers, one, behind))
        if terms[-1].activation in _ANY_NUMBER and terms[-1].is_known:
            return own
    return Ending(end, SUM, end.path, tuple(terms))


def _ends(
    layers: Sequence[Placed], start: Placed, through: tuple[type, ...]
) -> Iterator[tuple[Placed, Placed]]:
    """The layers where the search back from one ends, each with the one behind a merge, or the
    first, where its way began; in the order of the inputs, and once however many ways lead there.
    """
    met: set[int] = set()
    waiting = [(start, start)]
    while waiting:
        one, first = waiting.pop()
        if one.index in met:
            continue
        met.add(one.index)
        section = one.section
        merges = isinstance(section, through)
        passes_on = section is not None and section.final_activation is None
        if not (merges or passes_on) or one.inputs == (IMAGES,):
            yield one, first
            continue
        before = [layers[index] for index in one.inputs if index != IMAGES]
        if len(before) < len(one.inputs):
            yield first, first  # the images themselves
        waiting += [(each, each if merges else first) for each in reversed(before)]
