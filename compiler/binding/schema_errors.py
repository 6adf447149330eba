"""Turn an error of pydantic into a finding: one function for each type of error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bnnc.compiler.binding.findings.bnn102_unknown_key import (
    key_out_of_place,
    said_over,
    type_as_key,
)
from bnnc.compiler.binding.findings.bnn104_unknown_name import unknown_name
from bnnc.compiler.binding.findings.bnn105_wrong_type import wrong_type
from bnnc.compiler.binding.findings.bnn106_out_of_range import out_of_range
from bnnc.compiler.binding.findings.bnn107_wrong_length import wrong_length
from bnnc.compiler.binding.findings.bnn108_invalid_name import invalid_name
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.edits import delete_entry
from bnnc.compiler.language.layer_description import field_name, is_layer, subject
from bnnc.compiler.language.schema_queries import (
    choices,
    describe,
    keys_at,
    keys_by_tag,
    kinds_of_value,
    meaning,
    schema_at,
    schema_pattern,
    union_members,
)
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Json, Mapping, Path, find, find_entry, to_json
from bnnc.specs.sources import source_meant

# What pydantic calls a number that is too small or too large.
BOUNDS = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})


@dataclass(frozen=True, slots=True)
class SchemaError:
    """An error of pydantic at its place.

    Attributes:
        kind: pydantic's type of the error, or one of `bind`'s own.
        path: path of the value or key.
        tree: the spec as it is written.
        document: the spec as plain values, with misspelt tags corrected.
        of_list: whether the error stands for those of several numbers of a list.
    """

    kind: str
    path: Path
    tree: Mapping
    document: dict[str, Json]
    of_list: bool = False

    @property
    def value(self) -> Json:
        """What is written there; None where nothing is."""
        node = find(self.tree, self.path)
        return None if node is None else to_json(node)

    @property
    def span(self) -> Span:
        """Where it is written; the whole spec where nothing is."""
        node = find(self.tree, self.path)
        return self.tree.span if node is None else node.span

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the value; empty where there is none."""
        return schema_at(self.path, self.document) or {}

    @property
    def about(self) -> str:
        """What the field means."""
        return meaning(self.path, self.document)

    @property
    def is_item(self) -> bool:
        """Whether the value is in a list, and so has no key of its own."""
        return isinstance(self.path[-1], int)


def finding_of(error: SchemaError) -> Diagnostic:
    """The finding of an error, by the type of the error."""
    return _FINDINGS.get(error.kind, _wrong_type)(error)


def _unknown_key(error: SchemaError) -> Diagnostic:
    path, tree, document = error.path, error.tree, error.document
    entry = find_entry(tree, path)
    assert entry is not None
    found = key_out_of_place(
        entry.key_span,
        str(path[-1]),
        keys_at(path[:-1], document),
        path[:-1],
        value=error.value,
        document=document,
        tree=tree,
    )
    mapping, source = find(tree, path[:-1]), entry.key_span.source
    assert isinstance(mapping, Mapping)
    if source.is_setting or source == mapping.span.source:
        return found
    return said_over(found, entry.key, mapping, delete_entry(tree, path))


def _type_as_key(error: SchemaError) -> Diagnostic:
    path, document = error.path, error.document
    entry = find_entry(error.tree, path)
    assert entry is not None
    return type_as_key(
        entry, list(keys_by_tag(path[:-1], document)), path[:-1], error.tree, document
    )


def _unknown_source(error: SchemaError) -> Diagnostic:
    source = str(error.value)
    meant = [source_meant(source) or ""]
    return unknown_name(
        error.span, field_name(error.path), source, meant, tree=error.tree, path=error.path
    )


def _unknown_word(error: SchemaError) -> Diagnostic:
    path, value, schema = error.path, error.value, error.schema
    if isinstance(value, str) and _is_number(value, schema):
        return _wrong_type(error)
    options = choices(schema) or choices(schema_at(path[:-1], error.document) or {})
    # Only a word can be unknown; `null` is how Keras says that there is no activation.
    if not isinstance(value, str | None) or isinstance(schema.get("const"), int):
        return _wrong_type(error, schema or {"enum": options})
    field = field_name(path)
    of_layer = is_layer(path[:-1]) and field == "type"
    numbers = [one for one in kinds_of_value(schema) if not choices(one)]
    if of_layer or (path[-1:] == ("distribution",) and not schema):
        options = list(keys_by_tag(path[:-1], error.document)) or options
    return unknown_name(
        error.span,
        field,
        value,
        options,
        tree=error.tree,
        path=path,
        of_layer=of_layer,
        others=describe(numbers[0]) if numbers else "",
    )


def _invalid_name(error: SchemaError) -> Diagnostic:
    return invalid_name(error.span, str(error.value), schema_pattern(error.schema))


def _wrong_length(error: SchemaError) -> Diagnostic:
    return wrong_length(error.span, error.path, describe(error.schema), error.value, error.about)


def _out_of_range(error: SchemaError) -> Diagnostic:
    span, value, is_item = error.span, error.value, error.is_item
    if error.of_list:
        whole = find(error.tree, error.path[:-1])
        assert whole is not None
        span, value, is_item = whole.span, to_json(whole), False
    return out_of_range(
        span,
        subject(error.path),
        describe(error.schema),
        value,
        error.about,
        field=field_name(error.path),
        schema=error.schema,
        is_item=is_item,
    )


def _wrong_type(error: SchemaError, schema: dict[str, Any] | None = None) -> Diagnostic:
    schema = error.schema if schema is None else schema
    return wrong_type(
        error.span,
        subject(error.path),
        describe(schema),
        error.value,
        error.about,
        # An item of a list has no key of its own to write.
        field="" if error.is_item else field_name(error.path),
        schema=schema,
        document=error.document,
        path=error.path,
    )


def _is_number(text: str, schema: dict[str, Any]) -> bool:
    """Whether a text stands for a number, where numbers may stand beside words."""
    from bnnc.compiler.language.examples import accepts
    from bnnc.compiler.language.suggestions import number_meant

    number = number_meant(text)
    return number is not None and any(accepts(one, number) for one in union_members(schema))


_LENGTHS = ("too_short", "too_long", "string_too_short", "string_too_long")
# By pydantic's type of the error; all others are of a value of a wrong type.
_FINDINGS: dict[str, Callable[[SchemaError], Diagnostic]] = {
    "extra_forbidden": _unknown_key,
    "type_as_key": _type_as_key,
    "unknown_source": _unknown_source,
    "literal_error": _unknown_word,
    "string_pattern_mismatch": _invalid_name,
    **dict.fromkeys(_LENGTHS, _wrong_length),
    **dict.fromkeys((*BOUNDS, "finite_number", "int_parsing_size"), _out_of_range),
}
