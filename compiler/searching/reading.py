"""A search file to a tree and a `Search`; what is wrong with its own keys are findings."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import ValidationError

from bnnc.compiler.binding.findings.bnn102_unknown_key import unknown_key
from bnnc.compiler.binding.findings.bnn104_unknown_name import unknown_name
from bnnc.compiler.binding.findings.bnn105_wrong_type import wrong_type
from bnnc.compiler.binding.findings.bnn106_out_of_range import out_of_range
from bnnc.compiler.binding.findings.bnn107_wrong_length import wrong_length
from bnnc.compiler.binding.schema_errors import BOUNDS
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, reworded
from bnnc.compiler.language.schema_queries import choices, describe
from bnnc.compiler.language.suggestions import meant_word
from bnnc.compiler.reading.reader import read
from bnnc.compiler.searching.findings.bnn120_malformed_parameter import malformed_parameter
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import Json, Mapping, Path, Scalar, find, find_entry, to_json
from bnnc.specs.search import LISTS, OBJECTIVES, SHORT, Search

Schema = dict[str, Any]

_HOW = "write a range, as in `{low: 0.001, high: 0.1}`, or `{choices: [...]}`"


def read_search(source: Source) -> tuple[Mapping | None, Search | None, tuple[Diagnostic, ...]]:
    """The tree of a search file, what it says, and the findings on its own keys.

    Parts with errors are left out of what it says, which is None where no parameter is left.
    """
    tree, found = read(source)
    if tree is None:
        return None, None, found
    document = to_json(tree)
    assert isinstance(document, dict)
    written = _written_out(document)
    more: list[Diagnostic] = []
    try:
        said = Search.model_validate_json(json.dumps(written))
    except ValidationError as error:
        more = _findings(error, tree, document)
        try:
            said = Search.model_validate_json(json.dumps(_without_wrong_parts(written, error)))
        except ValidationError:
            return tree, None, (*found, *more)
    return tree, said, (*found, *more, *_unknown_objectives(said, tree))


def _written_out(document: dict[str, Json]) -> dict[str, Json]:
    """The document with its short forms written out, and without its `x-*` keys."""
    made = {key: value for key, value in document.items() if not key.startswith("x-")}
    for key in SHORT:
        if isinstance(made.get(key), str):
            made[key] = {"type": made[key]}
    for key in LISTS:
        if isinstance(made.get(key), str):
            made[key] = [made[key]]
    return made


def _without_wrong_parts(document: dict[str, Json], error: ValidationError) -> dict[str, Json]:
    """The document without the parameters and the other keys that have errors."""
    made = dict(document)
    space = made.get("space")
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        first, *below = one["loc"]
        if first == "space" and below and isinstance(space, dict):
            space = {key: value for key, value in space.items() if key != below[0]}
            made["space"] = space
        elif isinstance(first, str):
            made.pop(first, None)
    return made


def _findings(error: ValidationError, tree: Mapping, document: dict[str, Json]) -> list[Diagnostic]:
    found: dict[Path, Diagnostic] = {}
    for one in error.errors(include_url=False, include_context=True, include_input=False):
        path = tuple(one["loc"])
        node = find(tree, path)
        if isinstance(node, Scalar) and node.reported:
            continue
        found.setdefault(path, _finding(one["type"], path, tree, document))
    return list(found.values())


def _finding(kind: str, path: Path, tree: Mapping, document: dict[str, Json]) -> Diagnostic:
    if path == ("space",) and kind == "too_short":
        kind = "missing"
    if path[:1] == ("space",) and len(path) == 2 and kind != "extra_forbidden":
        return _no_parameter(path, tree)
    schema = _schema_at(path)
    # Of `sampler: tpee` the value stands at the key itself.
    node = find(tree, path) or find(tree, path[:-1]) or tree
    value, field = to_json(node), str(path[-1])
    about = str(schema.get("description", "")).rstrip(".")
    about = f"`{field}`: {about[0].lower()}{about[1:]}" if about else ""
    if kind == "extra_forbidden":
        entry = find_entry(tree, path)
        assert entry is not None
        allowed = list(_schema_at(path[:-1]).get("properties", {}))
        meant = meant_word(entry.key, allowed)
        listed = ", ".join(f"`{one}`" for one in allowed)
        help = f"did you mean `{meant}`?" if meant else f"delete it, or use one of: {listed}"
        notes = (about,) if about else ("the parameters are keys of `space`",) * (len(path) == 1)
        found = unknown_key(entry.key_span, entry.key, path[:-1], help=help, notes=notes)
        return reworded(found, lambda text: text.replace("of the spec", "of the search file"))
    if kind == "missing":
        return malformed_parameter(
            tree.first_place,
            "the search has no `space`",
            label="`space` is missing",
            help="add `space: {training.batch_size: {choices: [32, 64]}}`",
        )
    if kind == "literal_error":
        return unknown_name(node.span, field, str(value), choices(schema), tree=tree, path=path)
    if kind == "too_short" and field == "choices":
        return malformed_parameter(
            node.span,
            f"`{path[1]}` has no choices",
            label="empty",
            help="write two values or more",
        )
    if kind in {"too_short", "too_long"}:
        return wrong_length(node.span, path, describe(schema), value, about)
    what = f"`{field}`" if isinstance(path[-1], str) else "each item"
    if kind in {*BOUNDS, "finite_number"}:
        return out_of_range(
            node.span, what, describe(schema), value, about, field=field, schema=schema
        )
    return wrong_type(
        node.span,
        what,
        describe(schema),
        value,
        about,
        field=field if isinstance(path[-1], str) else "",
        schema=schema,
        document=document,
        path=path,
    )


def _no_parameter(path: Path, tree: Mapping) -> Diagnostic:
    node = find(tree, path) or tree
    return malformed_parameter(
        node.span, f"`{path[1]}` has no values to search", label="expected a mapping", help=_HOW
    )


def _unknown_objectives(said: Search, tree: Mapping) -> list[Diagnostic]:
    found = []
    for number, name in enumerate(said.objectives):
        if name not in OBJECTIVES:
            path: Path = ("objectives", number)
            node = find(tree, path) or find(tree, path[:1])
            assert node is not None
            words = list(OBJECTIVES)
            found.append(
                unknown_name(node.span, "objectives", name, words, tree=tree, path=path[:1])
            )
    return found


@cache
def _root() -> Schema:
    return Search.model_json_schema()


def _schema_at(path: Path) -> Schema:
    """The schema of a search file at a path; references are followed."""
    schema = _resolved(_root())
    for step in path:
        if isinstance(step, int):
            schema = schema.get("items", {})
        else:
            inner = schema.get("properties", {}).get(step)
            schema = inner if inner is not None else schema.get("additionalProperties", {})
        schema = _resolved(schema) if isinstance(schema, dict) else {}
    return schema


def _resolved(schema: Schema) -> Schema:
    while "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**_root()["$defs"][schema["$ref"].rsplit("/", 1)[-1]], **rest}
    members = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    if len(members) == 1:
        rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
        return {**_resolved(members[0]), **rest}
    return schema
