"""Hover: the page of a field or of a word, and what a layer gives and costs."""

from __future__ import annotations

from lsprotocol import types

from bnnc.compiler.language.concepts import find_concept
from bnnc.compiler.language.explained import field_text
from bnnc.compiler.language.layer_suggestions import value_at
from bnnc.compiler.language.schema_queries import (
    Schema,
    resolve,
    schema_at,
    tag_of,
    union_with_tag,
)
from bnnc.compiler.text.source import Source, Span
from bnnc.compiler.text.tree import Json, Path, find, find_entry, to_json
from bnnc.lsp.cursor import cursor_at, path_at
from bnnc.lsp.documents import Checked
from bnnc.lsp.layers import WrittenLayer, layer_at, shape_text
from bnnc.lsp.positions import Positions
from bnnc.specs.sources import SOURCES

_MOST_FIELDS = 40


def hover(
    checked: Checked, source: Source, position: types.Position, positions: Positions
) -> types.Hover | None:
    """What stands at a position, in Markdown; None where there is nothing to say."""
    offset = positions.offset(source, position)
    layer = layer_at(checked, source, offset)
    if checked.document.kind == "script":
        return None if layer is None else _shown(_layer_text(layer), layer.span, positions)
    place = _place(checked, source, offset)
    if place is None:
        return None if layer is None else _shown(_layer_text(layer), layer.span, positions)
    path, on_key, document, span = place
    parts = []
    is_of_layer = layer is not None and path in {layer.path, (*layer.path, "type")}
    if is_of_layer and layer is not None:
        parts.append(_layer_text(layer))
    parts += _pages(path, on_key, document)
    return _shown("\n\n---\n\n".join(parts), span, positions) if parts else None


def _place(checked: Checked, source: Source, offset: int) -> tuple[Path, bool, Json, Span] | None:
    """The path at an offset, whether it is a key, the document, and the characters meant."""
    tree = checked.report.tree
    if tree is not None:
        found = path_at(tree, offset, source)
        if found is None:
            return None
        path, on_key = found
        entry, node = find_entry(tree, path), find(tree, path)
        span = entry.key_span if entry is not None and on_key else None
        span = span or (node.span if node is not None else Span(source, offset, offset))
        return path, on_key, to_json(tree), span
    cursor = cursor_at(source, offset)
    if cursor is None or not cursor.word:
        return None
    on_key = cursor.kind == "key"
    path = (*cursor.path, cursor.word) if on_key else cursor.path
    return path, on_key, cursor.document, cursor.span


def _pages(path: Path, on_key: bool, document: Json) -> list[str]:
    """The page of the field at a path; of its value, those of the words that it may be."""
    value = value_at(document, path)
    pages = []
    if not on_key and isinstance(value, str):
        if path == ("data", "source") and value in SOURCES:
            pages.append(_source_text(value))
        if (member := _member(path, value, document)) is not None:
            pages.append(_schema_page(value, member))
        concept = find_concept(value)
        if concept is not None and path[0] != "layers":
            pages.append(concept.page)
    if pages:
        return pages
    schema = schema_at(path, document)
    named = [step for step in path if isinstance(step, str)]
    if schema is None or not named:
        return []
    if isinstance(path[-1], int):
        return []  # an item: what is said of the list is at its key
    return [_schema_page(".".join(map(str, path)), schema)]


def _member(path: Path, value: str, document: Json) -> Schema | None:
    """The member of a union that a value names, as `conv2d` does at `type`."""
    union = union_with_tag(schema_at(path[:-1], document))
    if union is None or not tag_of(union) or tag_of(union) != path[-1]:
        return None
    reference = union["discriminator"]["mapping"].get(value)
    return None if reference is None else resolve({"$ref": reference})


def _schema_page(title: str, schema: Schema) -> str:
    """A field with what it means and must be, or a section with the fields in it."""
    inside = schema.get("properties", {})
    if not inside:
        return f"**{title}**\n\n{field_text(schema, None).strip()}"
    lines = [f"**{title}**", "", str(schema.get("description", "")).strip(), ""]
    for name, one in list(inside.items())[:_MOST_FIELDS]:
        if "const" not in one:
            words = str(resolve(one).get("description", "")).strip().partition(". ")[0]
            lines.append(f"- `{name}`: {words.rstrip('.')}")
    return "\n".join(lines)


def _source_text(name: str) -> str:
    facts = SOURCES[name]
    classes = "numbers as labels" if facts.classes is None else f"{facts.classes} classes"
    return (
        f"**{name}**\n\n{facts.rows_train:,} rows to train on and {facts.rows_test:,} to test on, "
        f"of {shape_text(facts.shape)}; {classes}."
    )


def _layer_text(layer: WrittenLayer) -> str:
    """What a layer gives and costs, of all its repetitions together."""
    if not layer.steps:
        return f"**{layer.kind}**: its shape is not known yet"
    first, last = layer.steps[0], layer.steps[-1]
    title = layer.kind if len(layer.steps) == 1 else f"{layer.kind}, {len(layer.steps)} layers"
    rows = [
        ("input", shape_text(first.input)),
        ("output", shape_text(last.output)),
    ]
    nodes = layer.nodes
    if nodes:
        title += f" (`{nodes[0].keras_class}`)" if len(nodes) == 1 else ""
        parameters = sum(one.parameters for one in nodes)
        trainable = sum(one.trainable for one in nodes)
        others = "" if trainable == parameters else f", {trainable:,} of them trainable"
        rows.append(("parameters", f"{parameters:,}{others}"))
        posterior = sum(one.posterior for one in nodes)
        if posterior:
            rows.append(("with a posterior", f"{posterior:,} weights"))
        rows.append(("multiply-adds", f"{sum(one.multiply_adds for one in nodes):,} a draw"))
        kl = sum(one.kl for one in nodes)
        if kl:
            rows.append(("KL at the start", f"{kl:,.0f} nats"))
        random = "yes" if any(one.stochastic for one in nodes) else "no"
        rows.append(("random at prediction", random))
    else:
        rows.append(("parameters", "known when the spec has no errors"))
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"**{title}**\n\n| | |\n|---|---|\n{table}"


def _shown(text: str, span: Span, positions: Positions) -> types.Hover:
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), positions.range(span))
