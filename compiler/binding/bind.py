"""Tree to spec: pydantic validates strictly, and each of its errors becomes a finding at a span."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bnnc.compiler.analysis.view import View
from bnnc.compiler.analysis.view_making import partial_view, view_of
from bnnc.compiler.binding.findings.bnn103_missing_key import Missing, missing_key
from bnnc.compiler.binding.schema_errors import BOUNDS, SchemaError, finding_of
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.language.layer_description import is_layer
from bnnc.compiler.language.schema_queries import (
    choices,
    describe,
    keys_at,
    keys_by_tag,
    meaning,
    schema_at,
    tags_of_unions,
)
from bnnc.compiler.reading.findings.bnn101_unsupported_version import unsupported_version
from bnnc.compiler.text.limits import MAX_FINDINGS
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Json, Mapping, Path, Scalar, find, find_entry, to_json
from bnnc.specs.sources import SOURCES, source_meant
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
    spec: Spec | None = None
    findings = _Findings(tree, document)
    try:
        spec = Spec.model_validate_json(json.dumps(document))
    except ValidationError as error:
        findings.add_all(error)
        findings.add_those_behind_a_misspelt_tag()
    findings.add_misspelt_source()
    if not findings.errors:
        assert spec is not None
        return Bound(spec, view_of(spec, tree), ())
    broken = frozenset(findings.errors) | findings.undecided()
    return Bound(None, partial_view(document, tree, broken), findings.diagnostics())


class _Findings:
    """At most one finding a path, from the errors of pydantic."""

    def __init__(self, tree: Mapping, document: dict[str, Json]) -> None:
        self.tree = tree
        self.document = document
        self.errors: dict[Path, str] = {}  # the kind of the error by path

    def add_all(self, error: ValidationError) -> None:
        """Add every error of a validation."""
        for one in error.errors(include_url=False, include_context=True, include_input=False):
            # A default that depends on a field with an error: that error is the finding.
            if one["type"] != "default_factory_not_called":
                self.add(one["type"], tuple(one["loc"]), one.get("ctx", {}))

    def add_those_behind_a_misspelt_tag(self) -> None:
        """Add the errors that pydantic could not see, as it did not know which keys to expect.

        Only where it is known what was meant: of a layer type that nobody knows, no key is known.
        """
        from bnnc.compiler.language.layer_suggestions import value_at
        from bnnc.compiler.language.suggestions import tag_meant

        corrected = json.loads(json.dumps(self.document))
        repaired: set[Path] = set()
        for path, kind in self.errors.items():
            words = list(keys_by_tag(path[:-1], self.document))
            node = find(self.tree, path)
            if kind == "literal_error" and words and isinstance(node, Scalar):
                meant = tag_meant(node.value, words)
                if meant is not None:
                    mapping = value_at(corrected, path[:-1])
                    assert isinstance(mapping, dict)
                    mapping[str(path[-1])] = meant
                    repaired.add(path[:-1])
        if not repaired:
            return
        behind = _Findings(self.tree, corrected)
        try:
            Spec.model_validate_json(json.dumps(corrected))
        except ValidationError as error:
            behind.add_all(error)
        for path, kind in behind.errors.items():
            if any(path[:length] in repaired for length in range(len(path))):
                self.errors.setdefault(path, kind)
        # The schemas of what stands there are those of the member that was meant.
        self.document = corrected

    def add_misspelt_source(self) -> None:
        """Add a data source whose name is nearly that of a named one."""
        path: Path = ("data", "source")
        node = find(self.tree, path)
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, str) and value not in SOURCES and source_meant(value) is not None:
            self.errors.setdefault(path, "unknown_source")

    def add(self, kind: str, location: Path, context: dict[str, Any]) -> None:
        """Add an error of pydantic, at the path that a person would look at."""
        path = self._path(location)
        if kind == "missing" and isinstance(path[-1], int):  # a list too short for its places
            path, kind = path[:-1], "too_short"
        if kind == "union_tag_not_found":
            path, kind = self._without_tag(path, str(context["discriminator"]).strip("'"))
        elif kind == "union_tag_invalid":
            path, kind = (*path, str(context["discriminator"]).strip("'")), "literal_error"
        self.errors.setdefault(path, kind)

    def _without_tag(self, path: Path, tag: str) -> tuple[Path, str]:
        """Where the error of a mapping without its tag lies, and of which kind it is."""
        from bnnc.compiler.language.absent import names_a_layer
        from bnnc.compiler.language.key_suggestions import meant_path
        from bnnc.compiler.language.layer_suggestions import value_at
        from bnnc.compiler.language.suggestions import exact_word

        keys = self._keys(path)
        types = list(keys_by_tag(path, self.document))
        if len(keys) == 1 and (
            exact_word(keys[0], types) or (is_layer(path) and names_a_layer(keys[0], types))
        ):
            return (*path, keys[0]), "type_as_key"
        # The branch is not known, so its keys were not looked at; a misspelt tag among them is.
        tags = (*path, tag)
        at = value_at(self.document, path)
        values = at if isinstance(at, dict) else {}
        misspelt = [
            key
            for key in keys
            if meant_path(key, [tag], path, values.get(key), self.document) == tags
        ]
        for key in misspelt[:1]:
            self.errors.setdefault((*path, key), "extra_forbidden")
        return tags, "missing"

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The findings, without those whose cause another one names already."""
        unknown = [path for path, kind in self.errors.items() if kind == "extra_forbidden"]
        unknown = unknown[: MAX_FINDINGS + 1]
        # Keys that are there, under a misspelt name or in the wrong section: not missing as well.
        meant = {path: self._meant(path) for path in unknown}
        found_elsewhere = frozenset(meant.values())
        unknown_keys = frozenset(unknown)
        found: list[Diagnostic] = []
        missing: dict[Path, list[str]] = {}
        lists = self._lists_out_of_range()
        for path, kind in self.errors.items():
            if len(found) + len(missing) > MAX_FINDINGS:
                break
            if path[:-1] in lists and kind in BOUNDS:
                if lists[path[:-1]] == path:
                    found.append(self._finding(kind, path, of_list=True))
                continue
            if path in unknown_keys and self._is_told_with_another(path):
                continue
            if kind == "missing":
                if path not in found_elsewhere:
                    missing.setdefault(path[:-1], []).append(str(path[-1]))
            # A key that fell out of a section: the reader reports the empty section.
            elif not self._is_reported(path) and not (
                path in meant and self._is_reported((meant[path] or ())[:1])
            ):
                found.append(self._finding(kind, path))
        found += [self._missing(path, keys) for path, keys in missing.items()]
        return tuple(found)

    def _lists_out_of_range(self) -> dict[Path, Path]:
        """The lists of which several numbers are out of range, each with the first of them."""
        of_lists: dict[Path, list[Path]] = {}
        for path, kind in self.errors.items():
            if kind in BOUNDS and isinstance(path[-1], int):
                of_lists.setdefault(path[:-1], []).append(path)
        return {path: items[0] for path, items in of_lists.items() if len(items) > 1}

    def _is_told_with_another(self, path: Path) -> bool:
        """Whether the finding of another unknown key says what is to become of this one."""
        from bnnc.compiler.language.synonyms import TOLD_WITH

        other = TOLD_WITH.get(str(path[-1]))
        return other is not None and (*path[:-1], other) in self.errors

    def _meant(self, path: Path) -> Path | None:
        from bnnc.compiler.language.key_suggestions import meant_path
        from bnnc.compiler.language.layer_suggestions import value_at

        allowed = keys_at(path[:-1], self.document)
        value = value_at(self.document, path)
        return meant_path(str(path[-1]), allowed, path[:-1], value, self.document)

    def undecided(self) -> frozenset[Path]:
        """The paths that an unknown key may have been meant for: their defaults say nothing."""
        unknown = [path for path, kind in self.errors.items() if kind == "extra_forbidden"]
        if not unknown:
            return frozenset()
        from bnnc.compiler.language.key_suggestions import undecided_paths

        return frozenset(undecided_paths(unknown[: MAX_FINDINGS + 1], self.document))

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
        tags = self._tags(path)
        for step in location:
            if tags:
                tags -= 1
                continue
            path = (*path, step)
            tags = self._tags(path)
        return path

    def _tags(self, path: Path) -> int:
        value: Any = self.document
        for step in path:
            inside = value.get(step) if isinstance(value, dict) else None
            if isinstance(value, list) and isinstance(step, int) and step < len(value):
                inside = value[step]
            value = inside
        return tags_of_unions(schema_at(path, self.document), value)

    def _missing(self, path: Path, keys: list[str]) -> Diagnostic:
        """The finding of a mapping that lacks keys."""
        from bnnc.compiler.language.examples import example_beside, words_beside
        from bnnc.compiler.language.layer_suggestions import value_at

        said = value_at(self.document, path)  # with the words that were meant
        around = schema_at(path, self.document) or {}
        lacking = []
        for key in keys:
            here = (*path, key)
            schema = schema_at(here, self.document) or {}
            # The tag of a union has no schema of its own: its choices are those of the union.
            words = choices(schema or around) if schema else list(keys_by_tag(path, self.document))
            fitting = words_beside(key, said if isinstance(said, dict) else {})
            words = [one for one in words if one in fitting] or words
            expected = describe(schema) if schema else ""
            about = meaning(here, self.document)
            example = example_beside(key, schema, words, path, self.document)
            lacking.append(Missing(key, expected, tuple(words), about, example))
        return missing_key(self._place_of_missing((*path, keys[0])), tuple(lacking), path)

    def _finding(self, kind: str, path: Path, *, of_list: bool = False) -> Diagnostic:
        return finding_of(SchemaError(kind, path, self.tree, self.document, of_list))

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
