"""Documents of the language and near misses of them, for tests of what is accepted and refused."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

from hypothesis import strategies as st

from bnnc.specs.schema import make_schema

Json = Any
Schema = dict[str, Any]

# Where kinds and ranges begin and end, in the language and in JSON.
BOUNDARIES: list[Json] = [
    *(0, 1, 2, 65_536, 65_537, 2**31 - 1, 2**31, 2**53, 10**40, -1, -0.0),
    *(1e-6, 1.1e-6, 0.001, 0.5, 1.0, 1.5, 1e6, 1e6 + 0.5, 1e300, -1e300, 5e-324),
    *(True, False, None, "", " ", "1", "a" * 63, "a" * 64, "Α", "naïve", "日本", "\u202e", "a b"),
    *([], {}, [[]], [1, 1], [1, 1, 1], {"type": "dense"}, {"type": None}, {"many": 1}),
]


def normalised(value: Json) -> Json:
    """The document as the reader would hand it on: `10.0` is 10, since JSON has one number."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, list):
        return [normalised(item) for item in value]
    if isinstance(value, dict):
        return {key: normalised(item) for key, item in value.items()}
    return value


def _numbers(schema: Schema) -> st.SearchStrategy[Json]:
    low: Any = schema.get("minimum")
    high: Any = schema.get("maximum")
    over, under = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if schema["type"] == "integer":
        # Mostly small, as in specs that people write, and now and then anything that is allowed.
        return st.integers(low, min(high, 12)) | st.integers(low, high)
    return st.floats(
        low if over is None else over,
        high if under is None else under,
        exclude_min=over is not None,
        exclude_max=under is not None,
    )


# Layers in blocks, and no blocks in them: what is right and wrong is the same at every depth, and
# the strategies of every layer type are made once for each place.
MOST_NESTED = 1


@cache
def _definitions() -> dict[str, Schema]:
    definitions: dict[str, Schema] = make_schema()["$defs"]
    return definitions


@cache
def _holds_itself(name: str) -> bool:
    """Whether a definition refers to itself, as a block that holds layers does."""
    return f'"$ref": "#/$defs/{name}"' in json.dumps(_definitions()[name])


@cache
def _named(name: str, blocks: int) -> st.SearchStrategy[Json]:
    return _values(_definitions()[name], blocks + _holds_itself(name))


def _values(schema: Schema, blocks: int = 0) -> st.SearchStrategy[Json]:
    """Values of a schema that lies in so many blocks."""
    if "$ref" in schema:
        return _named(_name_of(schema), blocks)
    for union in ("oneOf", "anyOf"):
        if union in schema:
            members = [one for one in schema[union] if not _is_too_deep(one, blocks)]
            return st.one_of([_values(one, blocks) for one in members])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "integer" | "number":
            return _numbers(schema)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "string" if "pattern" in schema:
            return st.from_regex(schema["pattern"], fullmatch=True)
        case "string":
            return st.text(min_size=schema.get("minLength", 0), max_size=8)
        case "array" if "prefixItems" in schema:
            places = [_values(one, blocks) for one in schema["prefixItems"]]
            return st.tuples(*places).map(list)
        case "array":
            least = schema.get("minItems", 0)
            most = min(schema.get("maxItems", least + 4), least + 4)
            items = _values(schema["items"], blocks)
            return st.lists(items, min_size=least, max_size=most)
    assert schema["type"] == "object", schema
    fields = {key: _values(one, blocks) for key, one in schema["properties"].items()}
    required = schema.get("required", [])
    return st.fixed_dictionaries(
        {key: fields[key] for key in required},
        optional={key: field for key, field in fields.items() if key not in required},
    )


def _name_of(schema: Schema) -> str:
    return str(schema.get("$ref", "")).rsplit("/", 1)[-1]


def _is_too_deep(schema: Schema, blocks: int) -> bool:
    """Whether a branch of a union holds the union itself, as a block holds layers, too deep inside."""
    name = _name_of(schema)
    return bool(name) and _holds_itself(name) and blocks >= MOST_NESTED


def _places(value: Json) -> list[tuple[Json, Json]]:
    """Every list or mapping with each of its indices or keys."""
    steps = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[tuple[Json, Json]] = []
    for step, inside in steps:
        found.append((value, step))
        if isinstance(inside, dict | list):
            found += _places(inside)
    return found


@st.composite
def _mutated(draw: st.DrawFn, documents: st.SearchStrategy[Json], keys: list[str]) -> Json:
    document = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(1, 3))):
        places = _places(document)
        if not places:
            break
        around, step = draw(st.sampled_from(places))
        match draw(st.sampled_from(("drop", "rename", "replace", "replace", "twice", "copy"))):
            case "drop":
                del around[step]
            case "rename" if isinstance(around, dict):
                key = draw(st.sampled_from([*keys, f"{step}s", step.upper(), f"x-{step}", ""]))
                around[key] = around.pop(step)
            case "twice" if isinstance(around, list):
                around.insert(step, copy.deepcopy(around[step]))
            case "copy":
                other, there = draw(st.sampled_from(places))
                if there in other if isinstance(other, dict) else there < len(other):
                    around[step] = copy.deepcopy(other[there])
            case _:
                around[step] = copy.deepcopy(
                    draw(st.sampled_from(BOUNDARIES) | st.text(max_size=3))
                )
    return document


@cache
def documents() -> st.SearchStrategy[Json]:
    """Documents that the schema accepts, made from the schema itself."""
    schema = make_schema()
    whole = _values({**schema, "type": "object"})
    return whole.map(normalised).map(_repeated_a_few_times)


def _repeated_a_few_times(value: Json) -> Json:
    """The document with at most three repetitions of a block: blocks in blocks multiply them."""
    if isinstance(value, list):
        return [_repeated_a_few_times(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {key: _repeated_a_few_times(item) for key, item in value.items()}
    return {**inner, "times": min(inner["times"], 3)} if "times" in inner else inner


@cache
def near_misses() -> st.SearchStrategy[Json]:
    """Such documents with one to three changes, most of them mistakes."""
    definitions = _definitions().values()
    keys = sorted({key for one in definitions for key in one.get("properties", {})})
    return _mutated(documents(), keys).map(normalised)
