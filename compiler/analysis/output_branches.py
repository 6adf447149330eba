"""Find the activations that produce the model's output, through concatenations and sums.

One layer produces the whole output, unless the layers end in a block. Each of several concatenated
branches produces a part of the output, and a sum depends on the activations of its terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bnnc.compiler.text.tree import Path
from bnnc.specs.activations import ACTIVATIONS, Range
from bnnc.specs.layers.merging import Add, Concatenate
from bnnc.specs.placement import IMAGES, Placed

# The activation of a sum whose terms are all bounded on some side; not a word of the language.
SUM = "sum"


@dataclass(frozen=True, slots=True)
class OutputBranch:
    """A part of the model's output, with the activation that produces it.

    Attributes:
        placed: the layer with the activation, or the layer with errors that stopped the search.
        activation: its name; `linear` if the layer has none; `SUM` for a bounded sum.
        path: the place of the activation in the spec.
        terms: the terms of a `SUM`.
    """

    placed: Placed
    activation: str
    path: Path
    terms: tuple[OutputBranch, ...] = ()

    @property
    def numbers(self) -> Range:
        """The numbers that the activation gives; not of a `SUM`."""
        return ACTIVATIONS[self.activation]

    @property
    def is_known(self) -> bool:
        """Whether the search found no layer with errors."""
        return all(one.placed.section is not None for one in (self, *self.terms))


def output_branches(layers: Sequence[Placed], start: Placed) -> tuple[OutputBranch, ...]:
    """The parts that are concatenated into the output of a layer.

    Looks back through layers that pass an activation on (flatten, dropout, pooling).
    """
    return tuple(
        _ending(layers, end, first) for end, first in _ends(layers, start, through=(Concatenate,))
    )


def _ending(layers: Sequence[Placed], end: Placed | None, first: Placed) -> OutputBranch:
    if end is None:
        return OutputBranch(first, "linear", first.path)
    if end.section is None or end.section.final_activation is None:
        return OutputBranch(end, "linear", end.path)
    own = OutputBranch(end, end.section.final_activation, (*end.path, "activation"))
    if not isinstance(end.section, Add):
        return own
    terms: list[OutputBranch] = []
    for term, behind in _ends(layers, end, through=(Add, Concatenate)):
        terms.append(_ending(layers, term, behind))
        if terms[-1].numbers.is_any_number and terms[-1].is_known:
            return own
    # A term without a lower bound and one without an upper bound sum to any number.
    ranges = [one.numbers for one in terms]
    if not all(one.is_bounded_below for one in ranges) and not all(
        one.is_bounded_above for one in ranges
    ):
        return own
    return OutputBranch(end, SUM, end.path, tuple(terms))


def _ends(
    layers: Sequence[Placed], start: Placed, through: tuple[type, ...]
) -> Iterator[tuple[Placed | None, Placed]]:
    """The layers where the search back from `start` ends; None for the images.

    Each comes with the layer where its path begins: `start`, or an input of a merge. The layers are
    in the order of the inputs, and each is listed once even if several paths lead to it.
    """
    met: set[int] = set()
    waiting = [(start.index, start)]
    while waiting:
        index, first = waiting.pop()
        if index in met:
            continue
        met.add(index)
        if index == IMAGES:
            yield None, first
            continue
        section = layers[index].section
        merges = isinstance(section, through)
        if not merges and (section is None or section.final_activation is not None):
            yield layers[index], first
            continue
        for before in reversed(layers[index].inputs):
            way = layers[before] if merges and before != IMAGES else first
            waiting.append((before, way))
