"""Layers and other members of unions in the form of another library: all that was written of them.

`- Conv2D: {filters: 16, kernel: 3, activation: ReLU}` and `- Conv2D(16, 3, activation="relu")` say
the same; what has no place in the member is named, never passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from bnnc.compiler.language.examples import accepts, complete, entry, flow
from bnnc.compiler.language.schema_queries import Schema, choices, describe, resolve, tag_of
from bnnc.compiler.language.suggestions import exact_word, number_meant, numbers_meant, plain
from bnnc.compiler.language.synonyms import ALSO_CALLED
from bnnc.compiler.text.tree import Json

# PyTorch's layers whose first argument is the size of what they read.
_READS_FIRST = frozenset(
    {"Linear", "Bilinear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose2d", "BatchNorm1d"}
    | {"BatchNorm2d", "BatchNorm3d", "LayerNorm"}
)
# Fields that no library has as an argument by place, and the first two of Keras's convolutions.
_BY_NAME = ("type", "name", "bayesian")
_FIRST = ("filters", "units", "kernel_size")


@dataclass(frozen=True, slots=True)
class Member:
    """A member as it would be written; `certain` where it says what was written and no more.

    `left` are sentences on what was written and has no place in it.
    """

    mapping: dict[str, Json]
    certain: bool
    left: tuple[str, ...] = ()


def member_meant(union: Schema, word: str, written: Json, document: Json) -> Member:
    """A member of a union with what was written of it.

    `written` is the rest of its mapping, nothing, or the value of the first of its arguments.
    """
    tag, member = tag_of(union), _member(union, word)
    fields = member.get("properties", {})
    said: dict[str, Json] = {tag: word}
    left: list[str] = []
    certain = True
    if written is not None and not isinstance(written, dict):
        name = next((one for one in _in_order(fields) if accepts(fields[one], written)), None)
        if name is None:
            left.append(f"there is no key for `{flow(written)}`")
        written = {} if name is None else {name: written}
    for key, value in (written or {}).items():
        name = _key_meant(key, fields)
        if name is None or name in said:
            left.append(f"there is no key for `{entry(key, value)}`")
            continue
        meant = value_meant(fields[name], value)
        if meant is None and name == "padding":
            meant = padding_meant(value, written)
        if meant is None and value is not None:
            left.append(f"`{entry(key, value)}` is not used: it must be {describe(fields[name])}")
        else:
            said[name] = meant
            certain = certain and name == key and meant == value
    full = {**said, **complete(member, said, document)}
    return Member(full, certain and not left and len(full) == len(said), tuple(left))


def layer_of_text(union: Schema, text: str, document: Json) -> Member | None:
    """The layer that a text says, as in `Flatten`, `Dense(10)` or `nn.Conv2d(1, 16, 3)`."""
    called = _call(text)
    if called is None:
        return None
    name, places, named = called
    types = choices(union)
    word = exact_word(name, types)
    if word is None:
        activations = choices(_member(union, "activation")["properties"]["activation"])
        activation = exact_word(name, activations)
        if activation is None:
            return None
        word, named = "activation", {"activation": activation, **named}
    fields = _member(union, word).get("properties", {})
    if name.rpartition(".")[2] in _READS_FIRST:
        places = places[1:]
        if isinstance(named.get("momentum"), float):  # PyTorch's is the share of the new batch
            named = {**named, "momentum": round(1 - named["momentum"], 12)}  # type: ignore[operator]
    order = list(_in_order(fields))
    given = {**dict(zip(order, places, strict=False)), **named}
    found = member_meant(union, word, given, document)
    beyond = tuple(f"there is no key for `{flow(one)}`" for one in places[len(order) :])
    return Member(found.mapping, False, (*found.left, *beyond))


def value_meant(schema: Schema, value: Json) -> Json:
    """The value that was meant by one, as the schema has it; None if that is not known."""
    if accepts(schema, value):
        return value
    if not isinstance(value, str):
        return None
    word = exact_word(value, choices(schema)) if choices(schema) else None
    if word is not None:
        return word
    number, numbers = number_meant(value), numbers_meant(value)
    for one in (number, list(numbers) if numbers else None):
        if one is not None and accepts(schema, one):  # type: ignore[arg-type]  # of numbers
            return one  # type: ignore[return-value]
    return {"true": True, "false": False}.get(value.lower()) if accepts(schema, True) else None


def padding_meant(value: Json, layer: Json) -> str | None:
    """The word for as many zeros at each side of a layer's input as PyTorch's `padding` says.

    None where no word stands for that many: `same` adds (kernel_size - 1) · dilation_rate / 2 at
    each side where the strides are 1.
    """
    said = layer if isinstance(layer, dict) else {}
    zeros = _both(value)
    if zeros == (0, 0):
        return "valid"
    window, dilation = _both(_said(said, "kernel_size")), _both(_said(said, "dilation_rate", 1))
    strides = _both(_said(said, "strides", 1))
    if zeros is None or window is None or dilation is None or strides != (1, 1):
        return None
    same = [(size - 1) * rate == 2 * many for size, rate, many in zip(window, dilation, zeros)]  # noqa: B905  # pairs
    return "same" if all(same) else None


def _both(value: Json) -> tuple[int, int] | None:
    sizes = value if isinstance(value, list) else [value, value]
    if len(sizes) != 2 or not all(type(one) is int for one in sizes):
        return None
    return sizes[0], sizes[1]  # type: ignore[return-value]  # whole numbers


def _said(layer: dict[str, Json], field: str, default: Json = None) -> Json:
    """What a layer says of a field, under its own name or another library's."""
    names = [key for key in layer if key == field or field in ALSO_CALLED.get(key, ())]
    if field == "kernel_size":
        names += [key for key in layer if key == "kernel"]
    return layer[names[0]] if names else default


def _member(union: Schema, word: str) -> Schema:
    return resolve({"$ref": union["discriminator"]["mapping"][word]})


def _key_meant(key: str, fields: Schema) -> str | None:
    if key in fields:
        return key
    also = [one for one in ALSO_CALLED.get(key, ()) if one in fields]
    spelled = [one for one in fields if plain(one) == plain(key) or one.startswith(f"{key}_")]
    return next(iter((*also, *spelled)), None)


def _in_order(fields: Schema) -> Iterator[str]:
    """The fields of a member in the order of Keras's arguments."""
    yield from (one for one in _FIRST if one in fields)
    yield from (one for one in fields if one not in (*_FIRST, *_BY_NAME))


def _call(text: str) -> tuple[str, list[Json], dict[str, Json]] | None:
    """The name, the arguments by place and those by name of a call in Python."""
    if len(text) > 300:
        return None
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if not isinstance(tree, ast.Call):
            return (text.strip(), [], {}) if isinstance(tree, ast.Name | ast.Attribute) else None
        name = ast.unparse(tree.func)
        places = [_literal(one) for one in tree.args]
        named = {one.arg: _literal(one.value) for one in tree.keywords if one.arg}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return name, places, named


def _literal(node: ast.expr) -> Json:
    """The value of an argument; a name or a call, such as `nn.ReLU()`, as its last word."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Name | ast.Attribute):
        return ast.unparse(node).rpartition(".")[2]
    value = ast.literal_eval(node)
    value = list(value) if isinstance(value, tuple) else value
    return value if isinstance(value, None | bool | int | float | str | list) else str(value)
