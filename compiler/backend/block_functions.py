"""Find the blocks that a model has several times, and give each kind a function in the source.

What differs between two such blocks, the numbers in the names of their layers included, is an
argument of the function.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bnnc.compiler.backend.layer_functions import in_terms_of, seeds_in
from bnnc.compiler.backend.lowering import Application, Value
from bnnc.compiler.backend.printing import Name, flat
from bnnc.specs.layers import LAYER_TYPES, type_name

# Where a function spares fewer lines than that, the lines themselves are easier to read.
_FEWEST_SAVED = 6
_WORDS = frozenset(map(type_name, LAYER_TYPES))
# A name that nobody chose: a type, and a number from the second one on.
_BLOCK = re.compile(r"(residual|parallel)(_\d+)?")
_LAYER = re.compile(r"([a-z0-9_]+?)_(\d+)")


@dataclass(frozen=True, slots=True)
class BlockCall:
    """A call of a block's function, in the place of the block's layers.

    Attributes:
        name: name of the block's last layer, whose output the call gives.
        inputs: name of the layer whose output it takes.
        function: name of the function.
        arguments: what stands in the call behind the input.
    """

    name: str
    inputs: tuple[str, ...]
    function: str
    arguments: tuple[str, ...]
    made: bool = False


@dataclass(frozen=True, slots=True)
class BlockFunction:
    """A function of the source that applies the layers of a block.

    Attributes:
        name: name of the function.
        parameters: names of its parameters behind the input.
        layers: the layers that it applies, in terms of the parameters.
        entry: name of the layer whose output it takes.
    """

    name: str
    parameters: tuple[str, ...]
    layers: tuple[Application, ...]
    entry: str


@dataclass(frozen=True, slots=True)
class _Block:
    """The layers of one block.

    Attributes:
        name: name of the block.
        layers: its layers.
        entry: name of the layer whose output it takes.
        forms: how each layer is called: the type and how many there are before it, or no type and
            what stands behind the block's name.
        firsts: number of the first layer of each type.
    """

    name: str
    layers: tuple[Application, ...]
    entry: str
    forms: tuple[tuple[str, int | str], ...]
    firsts: Mapping[str, int]

    @property
    def skeleton(self) -> tuple[object, ...]:
        """What is the same in all blocks that one function can make."""
        places = {one.name: place for place, one in enumerate(self.layers)}
        return tuple(
            (
                one.call.target,
                tuple(one.call.arguments),
                tuple(places.get(name, -1) for name in one.inputs),
                form,
            )
            for one, form in zip(self.layers, self.forms, strict=True)
        )


def with_block_functions(
    layers: Sequence[Application], taken_names: frozenset[str]
) -> tuple[list[Application | BlockCall], list[BlockFunction]]:
    """The layers with calls in place of those of repeated blocks, and the functions called.

    Args:
        layers: every layer of the model.
        taken_names: names that functions and parameters cannot have.
    """
    takers = Counter(name for one in layers for name in one.inputs)
    parts = [tuple(part) for _, part in groupby(layers, key=lambda one: one.block)]
    # Layers outside of blocks are a part too, of which there is no block.
    blocks = [_block(part, takers) if part[0].block is not None else None for part in parts]
    kinds: dict[tuple[object, ...], list[_Block]] = {}
    for one in blocks:
        if one is not None:
            kinds.setdefault(one.skeleton, []).append(one)
    functions: list[BlockFunction] = []
    calls: dict[str, BlockCall] = {}
    for kind in kinds.values():
        layers_saved = (len(kind) - 1) * len(kind[0].layers)
        if layers_saved >= _FEWEST_SAVED:
            number = len(functions)
            word = kind[0].name.partition("_")[0]
            name = f"{word}_block" if number == 0 else f"{word}_block_{number + 1}"
            function, arguments = _function(name, kind, taken_names)
            functions.append(function)
            for one, own in zip(kind, arguments, strict=True):
                last = one.layers[-1].name
                calls[last] = BlockCall(last, (one.entry,), name, own)
    items: list[Application | BlockCall] = []
    for part in parts:
        call = calls.get(part[-1].name)
        items += part if call is None else [call]
    return items, functions


def _block(layers: tuple[Application, ...], takers: Mapping[str, int]) -> _Block | None:
    """The block of layers, unless no function could make it."""
    own = [one.name for one in layers]
    inner = Counter(name for one in layers for name in one.inputs)
    entries = set(inner) - set(own)
    block = own[-1].rpartition("_")[0]
    if len(entries) != 1 or any(inner[name] != takers[name] for name in own[:-1]):
        return None
    if inner[own[-1]] or not _BLOCK.fullmatch(block):
        return None
    firsts: dict[str, int] = {}
    forms: list[tuple[str, int | str]] = []
    for name in own:
        numbered = _LAYER.fullmatch(name)
        if name.startswith(f"{block}_"):
            forms.append(("", name.removeprefix(block)))
        elif numbered is not None and numbered[1] in _WORDS:
            first = firsts.setdefault(numbered[1], int(numbered[2]))
            forms.append((numbered[1], int(numbered[2]) - first))
        else:
            return None
    return _Block(block, layers, entries.pop(), tuple(forms), firsts)


class _Parameters:
    """The parameters of a function, each with what every call gives for it."""

    def __init__(self, taken_names: frozenset[str]) -> None:
        self.given: dict[str, tuple[Value, ...]] = {}
        self.of_numbers: set[str] = set()
        self._taken = taken_names

    def numbers(self, firsts: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[Name, int]]:
        """For each type of layer the parameter of its numbers, and what is added to it.

        Types whose numbers are always equally far apart share a parameter.
        """
        alike: dict[tuple[int, ...], list[str]] = {}
        for word, given in firsts.items():
            alike.setdefault(tuple(one - given[0] for one in given), []).append(word)
        found: dict[str, tuple[Name, int]] = {}
        for words in alike.values():
            word, *others = words
            name = self._new("number" if others else f"first_{word}", firsts[word])
            self.of_numbers.add(name)
            found |= {one: (name, firsts[one][0] - firsts[word][0]) for one in words}
        return found

    def named(self, word: str, given: tuple[Value, ...]) -> Name:
        """A parameter for arguments of one word, that of others if they are always the same."""
        for name, others in self.given.items():
            if repr(others) == repr(given) and name not in {"block", *self.of_numbers}:
                return Name(name)
        return self._new(word, given)

    def _new(self, word: str, given: tuple[Value, ...]) -> Name:
        number, name = 1, word
        while name in self.given or name in self._taken:
            number += 1
            name = f"{word}_{number}"
        self.given[name] = given
        return Name(name)


def _function(
    name: str, blocks: Sequence[_Block], taken_names: frozenset[str]
) -> tuple[BlockFunction, list[tuple[str, ...]]]:
    """The function of blocks with one skeleton, and the arguments of each block's call."""
    parameters = _Parameters(taken_names)
    parameters.given["block"] = tuple(one.name for one in blocks)
    first = blocks[0]
    numbers = parameters.numbers(
        {word: tuple(one.firsts[word] for one in blocks) for word in first.firsts}
    )
    names: dict[str, Name] = {first.entry: Name("inputs")}
    layers: list[Application] = []
    for place, (layer, (word, behind)) in enumerate(zip(first.layers, first.forms, strict=True)):
        if word:
            number, apart = numbers[word]
            behind = int(behind) + apart
            plus = f" {'+' if behind > 0 else '-'} {abs(behind)}" if behind else ""
            called = Name(f'f"{word}_{{{number}{plus}}}"')
        else:
            called = Name(f'f"{{block}}{behind}"')
        names[layer.name] = called
        arguments: dict[str, Value] = {}
        for key in layer.call.arguments:
            alike = [one.layers[place] for one in blocks]
            given = tuple(in_terms_of(one.call.arguments[key], one.name, called) for one in alike)
            same = all(one == given[0] for one in given)
            arguments[key] = given[0] if same else parameters.named(key, given)
        layers.append(
            Application(
                called,
                replace(layer.call, arguments=arguments),
                tuple(names[one] for one in layer.inputs),
                layer.made,
            )
        )
    seeds = {seed for one in layers for seed in seeds_in(one.call)} - {"SEED"}
    # The arguments of layers come before the numbers in their names.
    others = sorted(
        (key for key in parameters.given if key != "block"),
        key=lambda key: key in parameters.of_numbers,
    )
    calls = [
        (
            *seeds,
            flat(block.name),
            *(f"{key}={flat(parameters.given[key][number])}" for key in others),
        )
        for number, block in enumerate(blocks)
    ]
    function = BlockFunction(name, (*seeds, "block", *others), tuple(layers), "inputs")
    return function, calls
