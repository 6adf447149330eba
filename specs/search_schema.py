"""The JSON Schema of search files, made from the models."""

from __future__ import annotations

from typing import Any

from bnnc.specs.schema import DIALECT
from bnnc.specs.search import LISTS, OBJECTIVES, SHORT, Search
from bnnc.specs.spec import LANGUAGE_VERSION

_Schema = dict[str, Any]

# What belongs to one of the two forms of a parameter alone.
_OF_A_RANGE, _OF_CHOICES = ("low", "high", "log", "step"), ("choices",)


def make_search_schema() -> _Schema:
    """The schema (2020-12) of a search file, with its short forms.

    Paths and values of the space are those of the spec that is searched, which a schema of its own
    cannot know: `bnnc sweep --check` looks at them.
    """
    schema = Search.model_json_schema()
    fields, definitions = schema["properties"], schema["$defs"]
    definitions["Parameter"] |= {
        "oneOf": [
            _one_form(("low", "high"), without=_OF_CHOICES),
            _one_form(_OF_CHOICES, without=_OF_A_RANGE),
        ]
    }
    names = {"enum": list(OBJECTIVES)}
    fields["objectives"] |= {"items": names, "uniqueItems": True}
    for name in SHORT:
        kinds = definitions[name.capitalize()]["properties"]["type"]["enum"]
        fields[name] = _or(fields[name], {"enum": kinds})
    for name in LISTS:
        fields[name] = _or(fields[name], fields[name]["items"])
    return {
        "$schema": DIALECT,
        "$id": f"urn:bnnc:search:{LANGUAGE_VERSION}",
        **schema,
        "patternProperties": {"^x-": {"description": "Kept as it is, and not read."}},
        "title": f"bnnc search file, version {LANGUAGE_VERSION}",
    }


def _one_form(required: tuple[str, ...], without: tuple[str, ...]) -> _Schema:
    return {"required": list(required), "properties": dict.fromkeys(without, False)}


def _or(schema: _Schema, short: _Schema) -> _Schema:
    """A schema, or the short form of what it accepts."""
    rest = dict(schema)
    about: _Schema = {key: rest.pop(key) for key in ("description", "default") if key in rest}
    return {**about, "anyOf": [short, *rest.get("anyOf", [rest])]}
