"""Find the layers that a model has several times, and give each kind a function in the source.

The function holds the arguments that all of them share, so that each layer is one short line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bnnc.compiler.backend.lowering import Application, Call, LayerSeed, Value
from bnnc.compiler.backend.printing import INDENT, Name, call_of, flat, printed

# Two are read as quickly as a function and its two calls.
_FEWEST = 3
_NAME = Name("name")


@dataclass(frozen=True, slots=True)
class LayerFunction:
    """A function of the source that makes layers of one class and applies them.

    Attributes:
        name: name of the function.
        target: class of the layers, with its module.
        shared: the arguments that all layers have alike, in terms of the layer's `name`.
        parameters: names of the arguments that every call gives.
        passes_others_on: whether some calls give further arguments.
        takes_seed: whether it needs the seed of a member of an ensemble.
    """

    name: str
    target: str
    shared: Mapping[str, Value]
    parameters: tuple[str, ...]
    passes_others_on: bool
    takes_seed: bool

    def definition(self) -> list[str]:
        """The lines that define it."""
        first = ["x", *(["seed"] if self.takes_seed else []), "name", *self.parameters]
        others = ["**arguments"] if self.passes_others_on else []
        given: dict[str, Value] = {name: Name(name) for name in self.parameters}
        passed: dict[str, Value] = {"**": Name("arguments")} if self.passes_others_on else {}
        call = Call(self.target, {**given, **self.shared, **passed})
        kind = self.target.rpartition(".")[2]
        returned = f"return {printed(call, 1, suffix='(x)')}"
        return [
            f"def {self.name}({', '.join([*first, *others])}):",
            f'{INDENT}"""Apply a new `{kind}` layer named `name`."""',
            *(INDENT + line for line in returned.split("\n")),
        ]

    def arguments(self, layer: Application) -> tuple[str, ...]:
        """What the call for one of the layers gives behind its input."""
        others = (
            f"{name}={flat(value)}"
            for name, value in layer.call.arguments.items()
            if name not in self.shared
        )
        return (*(["seed"] if self.takes_seed else []), flat(layer.name), *others)


def layer_functions(layers: Sequence[Application]) -> dict[str, LayerFunction]:
    """The functions that make the source shorter, by the class of their layers."""
    groups: dict[str, list[Application]] = {}
    for one in layers:
        groups.setdefault(one.call.target, []).append(one)
    found: dict[str, LayerFunction] = {}
    for target, group in groups.items():
        if len(group) < _FEWEST or any(len(one.inputs) > 1 for one in group):
            continue
        function = _function(target, group)
        with_it = [call_of(function.name, ("x", *function.arguments(one)), "x") for one in group]
        without = [printed(one.call, 1, suffix="(x)") for one in group]
        shorter = _lines(["\n".join(function.definition()), *with_it]) < _lines(without)
        if shorter and function.name not in {one.name for one in found.values()}:
            found[target] = function
    return found


def _lines(statements: Sequence[str]) -> int:
    return sum(one.count("\n") + 1 for one in statements)


def _function(target: str, group: Sequence[Application]) -> LayerFunction:
    forms = [
        {name: in_terms_of(value, one.name, _NAME) for name, value in one.call.arguments.items()}
        for one in group
    ]
    first, *others = forms
    in_all = [name for name in first if all(name in one for one in others)]
    shared = {
        name: first[name] for name in in_all if all(one[name] == first[name] for one in others)
    }
    return LayerFunction(
        name=_snake_case(target.rpartition(".")[2]),
        target=target,
        shared=shared,
        parameters=tuple(name for name in in_all if name not in shared),
        passes_others_on=any(name not in in_all for one in forms for name in one),
        takes_seed="seed" in {text for value in shared.values() for text in seeds_in(value)},
    )


def in_terms_of(value: Value, name: str, variable: Name) -> Value:
    """A value with a variable, or an f-string, in place of the layer's name."""
    match value:
        case str() if value == name:
            return variable
        case LayerSeed() if value.layer == name:
            return replace(value, layer=variable)
        case LayerSeed() if value.layer.startswith(f"{name}/"):
            inside = variable[2:-1] if variable.startswith('f"') else f"{{{variable}}}"
            return replace(value, layer=Name(f'f"{inside}{value.layer.removeprefix(name)}"'))
        case Call():
            arguments = {
                key: in_terms_of(one, name, variable) for key, one in value.arguments.items()
            }
            return replace(value, arguments=arguments)
        case _:
            return value


def seeds_in(value: Value) -> list[str]:
    """The variables of seeds that a value is made from."""
    match value:
        case LayerSeed():
            return [value.seed.text]
        case Call():
            return [text for one in value.arguments.values() for text in seeds_in(one)]
        case _:
            return []


def _snake_case(name: str) -> str:
    """A class's name as that of a function, as Keras makes names of layers of it."""
    return re.sub(r"(?<=.)([A-Z][a-z]+)", r"_\1", name).lower()
