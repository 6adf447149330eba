"""What to write at a place of a spec: values in one line, and examples read off the schema.

A new key or member of the language needs no line here. The tables only choose among the values
that the schema accepts, so that an example is what a person would write.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bnnc.compiler.language.schema_queries import (
    Schema,
    choices,
    keys_by_tag,
    resolve,
    tag_of,
    union_members,
)
from bnnc.compiler.language.suggestions import exact_word
from bnnc.compiler.text.tree import Json, Path
from bnnc.specs.outputs import OUTPUTS

# What a person would write first, where there is no default.
_VALUES: dict[str, Json] = {
    "name": "my-model",
    "shape": [28, 28, 1],
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 10}],
    "distribution": "categorical",
    "classes": 10,
    "method": "flipout",
    "filters": 16,
    "kernel_size": 3,
    "units": 84,
    "rate": 0.2,
    "activation": "relu",
    "source": "digits",
    "channels": 3,
    "initial_learning_rate": 0.001,
}
_FIRST_CHOICES = ("dense", "categorical", "adam", "normal", "cosine_decay", "flipout")
# The order in which a person says what belongs together; other keys come after these.
_ORDER = (
    *("type", "distribution", "parameterization", "classes", "labels", "filters", "kernel_size"),
    *("units", "optimizer", "batch_size"),
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def flow(value: Json, *, quotes: bool = False) -> str:
    """A value in one line, as YAML or, with quotes, as JSON."""
    if quotes:
        return json.dumps(value, ensure_ascii=False)
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in value.items()) + "}"
        case list():
            return "[" + ", ".join(flow(one) for one in value) + "]"
        case str() if _PLAIN.fullmatch(value) and value.lower() not in {"true", "false", "null"}:
            return value
        case float():
            return short(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


def entry(key: str, value: Json) -> str:
    """A key with its value in one line, as in `units: 10`."""
    return f"{key}: {flow(value)}"


def short(value: float) -> str:
    """A number with no more digits than a person would write."""
    if float(value).is_integer() and abs(value) < 1e6:
        return str(int(value))
    text = f"{value:.3g}" if abs(value) < 1e6 else f"{value:g}"
    return re.sub(r"e([-+]?)0*", lambda found: "e" + found[1].strip("+"), text)


def accepts(schema: Schema, value: Json) -> bool:
    """Whether the schema accepts a value; of mappings, only that one may stand there."""
    schema = resolve(schema)
    members = union_members(schema)
    if members:
        return any(accepts(one, value) for one in members)
    if "const" in schema:
        return type(value) is type(schema["const"]) and value == schema["const"]
    if "enum" in schema:
        return any(type(value) is type(one) and value == one for one in schema["enum"])
    match schema.get("type"):
        case "integer":
            return isinstance(value, int) and _is_number_within(schema, value)
        case "number":
            return isinstance(value, int | float) and _is_number_within(schema, value)
        case "string":
            pattern = schema.get("pattern")
            return isinstance(value, str) and (not pattern or bool(re.search(pattern, value)))
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "array":
            return isinstance(value, list) and _accepts_items(schema, value)
        case _:
            return isinstance(value, dict)


def _is_number_within(schema: Schema, value: float) -> bool:
    return (
        not isinstance(value, bool)
        and math.isfinite(value)
        and value >= schema.get("minimum", -math.inf)
        and value > schema.get("exclusiveMinimum", -math.inf)
        and value <= schema.get("maximum", math.inf)
        and value < schema.get("exclusiveMaximum", math.inf)
    )


def _accepts_items(schema: Schema, items: list[Json]) -> bool:
    places = schema.get("prefixItems")
    if places is not None:
        return len(items) == len(places) and all(map(accepts, places, items))
    fewest, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
    return fewest <= len(items) <= most and all(accepts(schema["items"], item) for item in items)


def example(field: str, schema: Schema, document: Json = None) -> Json:
    """A value that the schema accepts at a field, the default where there is one."""
    schema = resolve(schema)
    default: Json = schema.get("default")
    if isinstance(default, dict):
        scalars = {key: one for key, one in default.items() if not isinstance(one, dict)}
        return dict(sorted((scalars or default).items(), key=_place)[:2])
    if default is not None:
        return default
    if field in _VALUES and accepts(schema, _VALUES[field]):
        return _VALUES[field]
    members = union_members(schema)
    kinds = [one for one in members if resolve(one).get("type") != "null"]
    if len(kinds) == 1 < len(members):  # what may be left out, and here is not
        return example(field, kinds[0], document)
    if words := choices(schema):
        word: Json = schema["const"] if "const" in schema else first_choice(words)
        if tag_of(schema) and members:
            member = {"$ref": schema["discriminator"]["mapping"][word]}
            return complete(member, {tag_of(schema): word}, document)
        return word
    if members:
        return example(field, members[0], document)
    match schema.get("type"):
        case "integer" | "number":
            tried = (0.1, 1, schema.get("minimum", 0), schema.get("maximum", 0))
            return next((one for one in tried if accepts(schema, one)), 1)
        case "string":
            return "text"
        case "boolean":
            return True
        case "array" if "prefixItems" in schema:
            return [example(field, one, document) for one in schema["prefixItems"]]
        case "array":
            one = example(field, schema["items"], document)
            return [one] * max(schema.get("minItems", 1), 1)
        case _:
            full = complete(schema, {}, document)
            first = next(iter(schema.get("properties", {}).items()), None)
            if full or first is None:
                return full
            key, inside = first  # nothing is required: a mapping of nothing says nothing
            return {key: _VALUES.get(key) or example(key, inside, document)}


def first_choice(words: list[str]) -> str:
    """Of several words, the one that a person would try first."""
    return next((one for one in _FIRST_CHOICES if one in words), words[0])


def complete(schema: Schema, said: dict[str, Json], document: Json) -> dict[str, Json]:
    """What was said of a mapping, and an example for every key that it needs beside."""
    schema = resolve(schema)
    members = union_members(schema)
    if members:  # which member is meant is not said
        schema = resolve(next((one for one in members if _is_first_choice(one)), members[0]))
    properties = schema.get("properties", {})
    needed = {*said, *schema.get("required", ())}
    full: dict[str, Json] = {}
    for key, field in properties.items():
        if key in said:
            full[key] = said[key]
        elif key in needed:
            full[key] = _beside(key, field, {**said, **full}, document)
    if full.get("parameterization") == "loc" and "scale" in properties:
        full.setdefault("scale", "learned")  # a location alone is no distribution
    return dict(sorted(full.items(), key=_place))


def example_beside(key: str, schema: Schema, words: list[str], path: Path, document: Json) -> Json:
    """An example of a missing key, which fits the keys that are there."""
    around = document
    for step in path:
        around = around[step]  # type: ignore[index]  # a path of this document
    said = around if isinstance(around, dict) else {}
    if schema:
        return _beside(key, schema, said, document)
    # The tag of a union: the member that has all the keys which are there.
    for word, keys in keys_by_tag(path, document).items():
        if said and set(said) <= set(keys):
            return word
    return first_choice(words)


def words_beside(key: str, said: dict[str, Json]) -> tuple[str, ...]:
    """Of the words of a key, those that the output distribution beside it has; none if any may be.

    The language has the labels and parameterizations of all distributions at each of them, so that
    a rule can say why one is not of this one; whoever has written none is not led there.
    """
    output = OUTPUTS.get(str(said.get("distribution")))
    if output is None or key not in {"labels", "parameterization"}:
        return ()
    return tuple(output.losses if key == "labels" else output.activations)


def _place(item: tuple[str, Json]) -> int:
    return _ORDER.index(item[0]) if item[0] in _ORDER else len(_ORDER)


def _is_first_choice(schema: Schema) -> bool:
    fields = resolve(schema).get("properties", {})
    return any(resolve(field).get("const") == _VALUES.get(key, "") for key, field in fields.items())


def _beside(key: str, schema: Schema, said: dict[str, Json], document: Json) -> Json:
    """An example that fits what stands beside it."""
    fitting = words_beside(key, said)
    if fitting and accepts(schema, fitting[0]):
        return fitting[0]
    if key == "classes" and isinstance(document, dict):
        units = _units_of_last_layer(document)
        if units is not None and accepts(schema, units):
            return units
    return example(key, schema, document)


def _units_of_last_layer(document: dict[str, Json]) -> Json:
    layers = document.get("layers")
    last = layers[-1] if isinstance(layers, list) and layers else None
    return last.get("units") if isinstance(last, dict) else None


@dataclass(frozen=True, slots=True)
class Meant:
    """The mappings that a bare value may stand for, the likeliest first.

    `certain` where there is one, and it says what was written and no more.
    """

    mappings: tuple[dict[str, Json], ...]
    certain: bool


def mappings_meant(schema: Schema, value: Json, document: Json) -> Meant | None:
    """What was meant by a value in the place of a mapping, as in `bayesian: flipout`.

    None where mappings have no place, or the value fits none of their keys.
    """
    for member in mapping_schemas(schema):
        fields = member.get("properties", {})
        said = [(key, word) for key, field in fields.items() for word in _fitting(field, value)]
        if not said:
            continue
        mappings = tuple(complete(member, {key: word}, document) for key, word in said)
        certain = (
            len(said) == 1 and isinstance(value, str | list) and mappings[0] == {said[0][0]: value}
        )
        return Meant(mappings, certain)
    return None


def expects_mapping(schema: Schema) -> bool:
    """Whether a mapping may stand here, and no list."""
    schema = resolve(schema)
    branches = [resolve(one) for one in union_members(schema)] or [schema]
    kinds = {one.get("type", "object" if tag_of(one) else "") for one in branches}
    return "object" in kinds and "array" not in kinds


def mapping_schemas(schema: Schema) -> Iterator[Schema]:
    """The schemas of the mappings that may stand here."""
    schema = resolve(schema)
    members = union_members(schema)
    if not members and schema.get("type") == "object":
        yield schema
    for member in members:
        yield from mapping_schemas(member)


def _fitting(field: Schema, value: Json) -> Iterator[Json]:
    """The value, or the word that was meant by it, if it may stand in a field."""
    words = choices(field)
    if not isinstance(value, str):
        if accepts(field, value):
            yield value
    elif words:
        meant = value if value in words else exact_word(value, words)
        if meant is not None:
            yield meant
    elif resolve(field).get("type") == "string" and "pattern" not in resolve(field):
        yield value  # any text, such as the path of data; names have a pattern
