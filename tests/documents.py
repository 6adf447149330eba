"""Documents of the language and near misses of them, for tests of what is accepted and refused."""

from __future__ import annotations

import copy
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


def _values(schema: Schema, definitions: dict[str, Schema]) -> st.SearchStrategy[Json]:
    if "$ref" in schema:
        return _values(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions)
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return st.one_of([_values(one, definitions) for one in schema[union]])
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
            places = [_values(one, definitions) for one in schema["prefixItems"]]
            return st.tuples(*places).map(list)
        case "array":
            least = schema.get("minItems", 0)
            most = min(schema.get("maxItems", least + 4), least + 4)
            return st.lists(_values(schema["items"], definitions), min_size=least, max_size=most)
    assert schema["type"] == "object", schema
    fields = {key: _values(one, definitions) for key, one in schema["properties"].items()}
    required = schema.get("required", [])
    return st.fixed_dictionaries(
        {key: fields[key] for key in required},
        optional={key: field for key, field in fields.items() if key not in required},
    )


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


def documents() -> st.SearchStrategy[Json]:
    """Documents that the schema accepts, made from the schema itself."""
    schema = make_schema()
    return _values({**schema, "type": "object"}, schema["$defs"]).map(normalised)


def near_misses() -> st.SearchStrategy[Json]:
    """Such documents with one to three changes, most of them mistakes."""
    definitions = make_schema()["$defs"].values()
    keys = sorted({key for one in definitions for key in one.get("properties", {})})
    return _mutated(documents(), keys).map(normalised)
