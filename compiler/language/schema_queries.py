"""What the language expects at a path, in words, read off the JSON Schema of the models."""

from __future__ import annotations

from functools import cache
from typing import Any

from bnnc.compiler.text.tree import Json, Path
from bnnc.specs.extending import EXTENDS_FIELD
from bnnc.specs.schema import make_schema
from bnnc.specs.spec import EXTENDS

Schema = dict[str, Any]


@cache
def _root() -> Schema:
    schema = make_schema()
    return {**schema, "properties": {EXTENDS: EXTENDS_FIELD, **schema["properties"]}}


def resolve(schema: Schema) -> Schema:
    """The schema itself, where it only refers to another one."""
    while "$ref" in schema:
        target = _root()["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
        schema = {**target, **{key: schema[key] for key in schema if key != "$ref"}}
    return schema


def union_members(schema: Schema) -> list[Schema]:
    """The schemas of a union's members; none if it is no union."""
    members: list[Schema] = schema.get("oneOf") or schema.get("anyOf") or []
    return members


def kinds_of_value(schema: Schema) -> list[Schema]:
    """The members of a union but for `null`."""
    return [one for one in union_members(schema) if resolve(one).get("type") != "null"]


def tag_of(schema: Schema) -> str:
    """The key that tells the members of a union apart, such as `type`; empty if there is none."""
    return str(schema.get("discriminator", {}).get("propertyName", ""))


def is_union(schema: Schema | None) -> bool:
    """Whether several kinds of value may stand here; `null` beside one kind is no union."""
    if schema is None:
        return False
    branches = [resolve(one) for one in union_members(resolve(schema))]
    branches = [one for one in branches if one.get("type") != "null"]
    return is_union(branches[0]) if len(branches) == 1 else len(branches) > 1


def tags_of_unions(schema: Schema | None, value: Json) -> int:
    """How many tags pydantic writes before what is wrong in a value: one a union, unions nest."""
    if schema is None:
        return 0
    if tag_of(resolve(schema)):
        return 1  # its members are mappings
    if not is_union(schema):
        return 0
    branches = [resolve(one) for one in union_members(resolve(schema))]
    branches = [one for one in branches if one.get("type") != "null"]
    if len(branches) == 1:
        return tags_of_unions(branches[0], value)
    nested = [one for one in branches if is_union(one)]
    inside = nested[0] if len(nested) == 1 and isinstance(value, dict) else None
    return 1 + tags_of_unions(inside, value)


def _branch(schema: Schema, value: Json) -> Schema:
    """The branch of a union that a written value means; the union itself where none is told."""
    schema = resolve(schema)
    if isinstance(value, dict) and (tag := tag_of(schema)):
        reference = schema["discriminator"]["mapping"].get(str(value.get(tag)))
        if reference is not None:
            return resolve({"$ref": reference})
    branches = [resolve(one) for one in union_members(schema)]
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean"}
    kind = kinds.get(type(value), "number")
    matching = [
        one
        for one in branches
        if one.get("type") == kind or (kind == "number" and one.get("type") == "integer")
    ]
    if isinstance(value, dict):
        matching = [one for one in matching if _tag_matches(one, value)]
    # A branch may be a union again: `null` beside a number or a list.
    nested = [one for one in branches if "oneOf" in one or "anyOf" in one]
    if len(matching) == 1:
        return matching[0]
    if not matching and len(nested) == 1:
        return _branch(nested[0], value)
    # A section that may be left out, and is: what would stand there is known all the same.
    of_value = [one for one in branches if one.get("type") != "null"]
    if value is None and len(of_value) == 1:
        return of_value[0]
    return schema


def _tag_matches(schema: Schema, value: dict[str, Json]) -> bool:
    """Whether a mapping has the words of a branch, or leaves them out where they are its default."""
    tags = {name: field for name, field in schema.get("properties", {}).items() if "const" in field}
    return all(
        value.get(name, field.get("default")) == field["const"] for name, field in tags.items()
    )


def schema_at(path: Path, document: Json) -> Schema | None:
    """The schema of what stands at a path of a document, or should stand there."""
    schema = _root()
    value = document
    for step in path:
        schema = _branch(schema, value)
        if isinstance(step, str):
            found = schema.get("properties", {}).get(step)
            value = value.get(step) if isinstance(value, dict) else None
        else:
            places = schema.get("prefixItems", [])
            found = places[step] if step < len(places) else schema.get("items")
            value = value[step] if isinstance(value, list) and step < len(value) else None
        if not isinstance(found, dict):
            return None
        schema = found
    return resolve(schema)


def keys_at(path: Path, document: Json) -> list[str]:
    """The keys that the mapping at a path may have."""
    schema = schema_at(path, document)
    if schema is None:
        return []
    value = document
    for step in path:
        value = value[step]  # type: ignore[index]  # a path of this document
    branch = _branch(schema, value)
    if "discriminator" in branch:  # which branch is meant is not said
        return [branch["discriminator"]["propertyName"]]
    return list(branch.get("properties", {}))


def keys_by_tag(path: Path, document: Json) -> dict[str, list[str]]:
    """The keys of every member of the union at a path, as of `dense` and of `conv2d`.

    Empty where no union with a tag may stand.
    """
    schema = tagged_union(path, document)
    if schema is None:
        return {}
    mapping = schema["discriminator"]["mapping"]
    return {word: list(_keys_of(reference)) for word, reference in mapping.items()}


@cache
def _keys_of(reference: str) -> tuple[str, ...]:
    return tuple(resolve({"$ref": reference}).get("properties", {}))


def tagged_union(path: Path, document: Json) -> Schema | None:
    """The union with a tag that may stand at a path, be it one kind of value among others."""
    return union_with_tag(schema_at(path, document))


def union_with_tag(schema: Schema | None) -> Schema | None:
    """The union with a tag that a schema is, or has as its one kind of mapping."""
    if schema is None or tag_of(schema):
        return schema
    found = [
        one for one in map(union_with_tag, map(resolve, union_members(schema))) if one is not None
    ]
    return found[0] if len(found) == 1 else None


def choices(schema: Schema) -> list[str]:
    """The words that may stand here."""
    schema = resolve(schema)
    if "const" in schema:
        return [str(schema["const"])]
    if "enum" in schema:
        return [str(one) for one in schema["enum"]]
    if "discriminator" in schema:
        return list(schema["discriminator"].get("mapping", {}))
    found: list[str] = []
    for one in union_members(schema):
        found.extend(choices(one))
    return found


def describe(schema: Schema) -> str:
    """What a value must be, as words that follow "must be"."""
    schema = resolve(schema)
    if "const" in schema:
        word = _word(schema["const"])
        return word if isinstance(schema["const"], str) else f"the number {word}"
    if "enum" in schema:
        return listing([_word(one) for one in schema["enum"]])
    branches = [resolve(one) for one in union_members(schema)]
    branches = [one for one in branches if one.get("type") != "null"]
    if "discriminator" in schema and "mapping" in schema["discriminator"]:
        return f"a mapping with `{schema['discriminator']['propertyName']}`"
    if branches:
        return ", or ".join(dict.fromkeys(describe(one) for one in branches))
    match schema.get("type"):
        case "integer":
            return "a whole number" + _range(schema)
        case "number":
            return "a number" + _range(schema)
        case "string":
            return "a name" if "pattern" in schema else "text"
        case "boolean":
            return "`true` or `false`"
        case "array":
            return _describe_array(schema)
        case "object":
            keys = ", ".join(_word(key) for key in schema.get("properties", {}))
            return f"a mapping with the keys {keys}"
        case _:
            return "something else"


def schema_pattern(schema: Schema) -> str:
    """The pattern of a name, wherever in a union it stands."""
    if "pattern" in schema:
        return str(schema["pattern"])
    for one in union_members(schema):
        found = schema_pattern(one)
        if found:
            return found
    return schema_pattern(schema["items"]) if "items" in schema else ""


_FEW_ITEMS = 10


def _describe_array(schema: Schema) -> str:
    places = schema.get("prefixItems")
    if not places:
        fewest, most = schema.get("minItems", 0), schema.get("maxItems", 0)
        # A limit of thousands is there against mistakes, and says nothing of what is meant.
        few = 0 < most <= _FEW_ITEMS and fewest > 0
        return (
            f"a list of {f'{fewest} to {most}' if few else 'one or more'} items, each "
            + describe(schema["items"])
        )
    kinds = list(dict.fromkeys(describe(one) for one in places))
    return f"a list of {len(places)} items, each " + " or ".join(kinds)


def _word(value: object) -> str:
    return f"`{value}`"


def listing(words: list[str]) -> str:
    """Words as an alternative: `a`, `b` or `c`."""
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " or " + words[-1]


def number(value: float) -> str:
    """A bound as a person writes it."""
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:g}".replace("e-0", "e-")


def _range(schema: Schema) -> str:
    low, over = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, under = schema.get("maximum"), schema.get("exclusiveMaximum")
    words = []
    if low is not None and high is not None:
        return f" from {number(low)} to {number(high)}"
    if low is not None:
        words.append(f"of at least {number(low)}")
    if over is not None:
        words.append(f"greater than {number(over)}")
    if high is not None:
        words.append(f"{'at' if words else 'of at'} most {number(high)}")
    if under is not None:
        words.append(f"less than {number(under)}")
    return " " + " and ".join(words) if words else ""


def meaning(path: Path, document: Json) -> str:
    """What the field at a path means, in words that follow its name; empty for the root."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    if not path:
        return ""
    words = str((schema_at(path, document) or {}).get("description", "")).rstrip(".")
    if not words:  # the tag of a union has no schema: what the union is for says it
        return meaning(path[:-1], document)
    first = words[0] if words.startswith("Keras") else words[0].lower()
    return f"`{path[-1]}`: {first}{words[1:]}"


@cache
def field_paths() -> dict[str, Schema]:
    """Every field of the language by its path, as in `loss.kl.weight` or `layers.conv2d.filters`."""
    found: dict[str, Schema] = {}
    _collect(_root(), "", found, frozenset())
    return found


def schema_of_field(path: str) -> Schema | None:
    """The schema of a field by its path; None if there is no such field."""
    return field_paths().get(path)


def _collect(schema: Schema, prefix: str, found: dict[str, Schema], around: frozenset[str]) -> None:
    for name, field in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        resolved = resolve(field)
        found.setdefault(path, resolved)
        _collect_inside(resolved, path, found, around)


def _collect_inside(
    schema: Schema, path: str, found: dict[str, Schema], around: frozenset[str]
) -> None:
    """Collect what lies in a field; `around` are the references that it lies in itself.

    The layers in a block have the paths of all layers: `layers.conv2d`, wherever it stands.
    """
    schema = resolve(schema)
    if schema.get("type") == "array" and "items" in schema:
        _collect_inside(schema["items"], path, found, around)
    references = {str(one["$ref"]) for one in union_members(schema) if "$ref" in one}
    if not references.isdisjoint(around):
        return
    around |= references
    for branch in union_members(schema):
        branch = resolve(branch)
        tag = next((one for one in branch.get("properties", {}).values() if "const" in one), None)
        if "discriminator" in schema and tag is not None:
            found.setdefault(f"{path}.{tag['const']}", branch)
            _collect(branch, f"{path}.{tag['const']}.", found, around)
            if "default" in tag:  # meant where no tag is said
                _collect(branch, f"{path}.", found, around)
        else:
            _collect_inside(branch, path, found, around)
    if schema.get("type") == "object":
        _collect(schema, f"{path}.", found, around)
