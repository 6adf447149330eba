"""The pages of rules and fields in Markdown, as `bnnc explain` and editors show them."""

from __future__ import annotations

import json
import re

from bnnc.compiler.diagnostics.catalog import Rule
from bnnc.compiler.language.concepts import concepts_about
from bnnc.compiler.language.schema_queries import (
    Schema,
    describe,
    field_paths,
    schema_of_field,
)
from bnnc.system.wrapping import definitions, wrapped


def rule_page(rule: Rule) -> str:
    """The page of a rule, with the words that concern it."""
    title, _, rest = rule.page.partition("\n")
    words = ", ".join(concept.title for concept in concepts_about(rule.code))
    concerned = f"\n\nWords to explain: {words}." if words else ""
    return f"# {rule.code}: {rule.name} ({rule.severity})\n\n{title}\n{rest.rstrip()}{concerned}"


def field_page(subject: str, columns: int | None) -> str:
    """The page of a field of the language, by its path as `field_paths` has it."""
    schema = schema_of_field(subject)
    assert schema is not None
    text = f"# {subject}\n\n{field_text(schema, columns)}"
    inside = [path for path in field_paths() if path.rpartition(".")[0] == subject]
    if not inside:
        return text
    named = ((path, _first_sentence(path)) for path in inside)
    return f"{text}\n\nFields:\n{definitions(named, columns, indent='  ')}"


def field_text(schema: Schema, columns: int | None) -> str:
    """What a field means, what it must be, and its default."""
    lines = [wrapped(schema.get("description", "").strip(), columns)]
    lines.append(wrapped(f"\nMust be {describe(schema)}.", columns))
    # The default of a section is that of its fields.
    if "default" in schema and not isinstance(schema["default"], dict):
        lines.append(wrapped(f"Default: {_written(schema['default'])}", columns))
    return "\n".join(lines)


def _first_sentence(path: str) -> str:
    schema = schema_of_field(path)
    assert schema is not None
    text = str(schema.get("description", "")).strip()
    return re.split(r"(?<!et al)\.(?:\s|$)", text, maxsplit=1)[0]


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
