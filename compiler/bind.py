"""Tree to spec: pydantic validates strictly, and each of its errors becomes a finding at a span."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.edits import delete_entry
from bnnc.compiler.expected import choices, describe, is_union, keys_at, listing, meaning, schema_at
from bnnc.compiler.rules.bnn101_unsupported_version import unsupported_version
from bnnc.compiler.rules.bnn102_unknown_key import meant_path, unknown_key
from bnnc.compiler.rules.bnn103_missing_key import missing_key
from bnnc.compiler.rules.bnn104_unknown_name import unknown_name
from bnnc.compiler.rules.bnn105_wrong_type import wrong_type
from bnnc.compiler.rules.bnn106_out_of_range import out_of_range
from bnnc.compiler.rules.bnn107_wrong_length import wrong_length
from bnnc.compiler.rules.bnn108_invalid_name import invalid_name
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Json, Mapping, Path, Scalar, find, find_entry, to_json
from bnnc.compiler.view import View, partial_view, view_of
from bnnc.specs.spec import EXTENDS, LANGUAGE_VERSION, Spec, without_extension_keys


@dataclass(frozen=True, slots=True)
class Bound:
    """A spec, or None where it has errors; the view that rules look at; the findings."""

    spec: Spec | None
    view: View | None
    diagnostics: tuple[Diagnostic, ...]


def bind(tree: Mapping) -> Bound:
    """The spec of a tree, with every error of schema as a finding."""
    document = to_json(tree)
    assert isinstance(document, dict)
    document = without_extension_keys(document)
    document.pop(EXTENDS, None)  # has been followed by now
    version = document.get("bnnc", LANGUAGE_VERSION)
    entry = tree.entry("bnnc")
    if entry is not None and type(version) is int and version != LANGUAGE_VERSION:
        # Another version has other keys: what else is said about it would be noise.
        return Bound(None, None, (unsupported_version(entry.value.span, version),))
    try:
        spec = Spec.model_validate_json(json.dumps(document))
    except ValidationError as error:
        findings = _Findings(tree, document)
        for one in error.errors(include_url=False, include_context=True, include_input=False):
            findings.add(one["type"], tuple(one["loc"]), one.get("ctx", {}))
        broken = frozenset(findings.errors)
        return Bound(None, partial_view(document, tree, broken), findings.diagnostics())
    return Bound(spec, view_of(spec, tree), ())


class _Findings:
    """At most one finding a path, from the errors of pydantic."""

    def __init__(self, tree: Mapping, document: dict[str, Json]) -> None:
        self.tree = tree
        self.document = document
        self.errors: dict[Path, str] = {}  # the kind of the error by path

    def add(self, kind: str, location: Path, context: dict[str, Any]) -> None:
        path = self._path(location)
        if kind == "missing" and isinstance(path[-1], int):  # a list too short for its places
            path, kind = path[:-1], "too_short"
        if kind == "union_tag_not_found":
            tag = str(context["discriminator"]).strip("'")
            # The branch is not known, so its keys were not looked at; a misspelt tag among them is.
            tags = (*path, tag)
            misspelt = [key for key in self._keys(path) if meant_path(key, [tag], path) == tags]
            for key in misspelt[:1]:
                self.errors.setdefault((*path, key), "extra_forbidden")
            path, kind = tags, "missing"
        elif kind == "union_tag_invalid":
            path, kind = (*path, str(context["discriminator"]).strip("'")), "literal_error"
        self.errors.setdefault(path, kind)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The findings, without those whose cause another one names already."""
        unknown = [path for path, kind in self.errors.items() if kind == "extra_forbidden"]
        # Keys that are there, under a misspelt name or in the wrong section: not missing as well.
        meant = {path: self._meant(path) for path in unknown}
        found_elsewhere = frozenset(meant.values())
        return tuple(
            self._finding(kind, path)
            for path, kind in self.errors.items()
            if not (kind == "missing" and path in found_elsewhere)
            and not self._is_reported(path)
            # A key that fell out of a section: the reader reports the empty section.
            and not (path in meant and self._is_reported((meant[path] or ())[:1]))
        )

    def _meant(self, path: Path) -> Path | None:
        return meant_path(str(path[-1]), keys_at(path[:-1], self.document), path[:-1])

    def _is_reported(self, path: Path) -> bool:
        """Whether the reader has said already what is wrong with the value."""
        node = find(self.tree, path)
        return isinstance(node, Scalar) and node.reported

    def _keys(self, path: Path) -> list[str]:
        node = find(self.tree, path)
        return [entry.key for entry in node.entries] if isinstance(node, Mapping) else []

    def _path(self, location: Path) -> Path:
        """The location without the tags of unions, which pydantic writes between its steps."""
        path: Path = ()
        tag_follows = is_union(schema_at(path, self.document))
        for step in location:
            if tag_follows:
                tag_follows = False
                continue
            path = (*path, step)
            tag_follows = is_union(schema_at(path, self.document))
        return path

    def _finding(self, kind: str, path: Path) -> Diagnostic:
        if kind == "extra_forbidden":
            entry = find_entry(self.tree, path)
            assert entry is not None
            mapping = find(self.tree, path[:-1])
            assert isinstance(mapping, Mapping)
            source = entry.key_span.source
            inherited = not source.is_setting and mapping.span.source != source
            return unknown_key(
                entry.key_span,
                str(path[-1]),
                keys_at(path[:-1], self.document),
                path[:-1],
                said_over=mapping.first_place if inherited else None,
                removing=delete_entry(self.tree, path) if inherited else None,
            )
        schema = schema_at(path, self.document) or {}
        about = meaning(path, self.document)
        if kind == "missing":
            around = schema_at(path[:-1], self.document) or {}
            key, span = path[-1], self._place_of_missing(path)
            # The tag of a union has no schema of its own: its choices are those of the union.
            tag_choices = choices(schema or around)
            return missing_key(span, key, path[:-1], describe(schema), tag_choices, about)
        span = self._value_span(path)
        node = find(self.tree, path)
        value = None if node is None else to_json(node)
        field, what = _field(path), _what(path)
        if kind == "literal_error":
            options = choices(schema) or choices(schema_at(path[:-1], self.document) or {})
            expected = describe(schema) if schema else listing([f"`{one}`" for one in options])
            # Only a word can be unknown; `null` is how Keras says that there is no activation.
            if isinstance(value, str | None) and not isinstance(schema.get("const"), int):
                return unknown_name(span, field, value, options)
            return wrong_type(span, what, expected, value, about, has_default="default" in schema)
        if kind == "string_pattern_mismatch":
            return invalid_name(span, str(value), schema_pattern(schema))
        if kind in {"too_short", "too_long", "string_too_short", "string_too_long"}:
            assert isinstance(value, list | str)
            return wrong_length(span, path, describe(schema), len(value), about)
        if kind.startswith(("greater_than", "less_than", "finite_number", "int_parsing_size")):
            return out_of_range(span, what, describe(schema), value, about, field=field)
        return wrong_type(
            span, what, describe(schema), value, about, has_default="default" in schema
        )

    def _value_span(self, path: Path) -> Span:
        node = find(self.tree, path)
        return self.tree.span if node is None else node.span

    def _place_of_missing(self, path: Path) -> Span:
        """The mapping that lacks a key: its own key, or its first line."""
        entry = find_entry(self.tree, path[:-1])
        if entry is not None:
            return entry.key_span
        if len(path) > 1:
            return self._value_span(path[:-1])
        return self.tree.first_place


def schema_pattern(schema: dict[str, Any]) -> str:
    """The pattern of a name, wherever in a union it stands."""
    if "pattern" in schema:
        return str(schema["pattern"])
    for one in schema.get("oneOf") or schema.get("anyOf") or []:
        found = schema_pattern(one)
        if found:
            return found
    return schema_pattern(schema["items"]) if "items" in schema else ""


def _field(path: Path) -> str:
    """The name of a field as a person says it: the last key, not an index."""
    words = [step for step in path if isinstance(step, str)]
    return words[-1] if words else "spec"


def _what(path: Path) -> str:
    """The subject of a sentence about the value at a path."""
    if path and isinstance(path[-1], int):
        return f"layer {path[-1] + 1}" if len(path) == 2 else f"each item of `{_field(path)}`"
    return f"`{_field(path)}`"
