"""The pages of the language: every section with its fields, from the JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from bnnc.compiler.language.schema_queries import (
    choices,
    describe,
    field_paths,
    keys_at,
    resolve,
    schema_of_field,
    union_with_tag,
)
from bnnc.specs.schema import make_schema

SECTIONS = tuple(name for name in keys_at((), {}) if isinstance(name, str))


@dataclass
class Page:
    """The text of a section's page, and where each field of it is described."""

    lines: list[str]
    anchors: dict[str, str] = field(default_factory=dict)
    described: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The page in Markdown."""
        return "\n".join(self.lines) + "\n"


@cache
def language_pages() -> Mapping[str, Page]:
    """The page of every section that has fields, by the section's name."""
    return {name: _section(name) for name in SECTIONS if _children(name)}


@cache
def field_anchors() -> Mapping[str, str]:
    """Where each field is described, as `language/loss.md#loss.kl`, by its path."""
    found = {name: f"language.md#{name}" for name in SECTIONS}
    for name, page in language_pages().items():
        for path, anchor in page.anchors.items():
            found[path] = f"language/{name}.md#{anchor}"
    return _without_kinds(found) | found


def _without_kinds(anchors: Mapping[str, str]) -> dict[str, str]:
    """The fields of kinds by the path that a spec has: `output.labels`, in every distribution."""
    found: dict[str, str] = {}
    for path in anchors:
        for kind in _kinds(path) if _children(path) else ():
            for child in _children(kind):
                found.setdefault(f"{path}.{_last(child)}", anchors[path])
    return found


def sections_table() -> str:
    """The keys at the top of a spec, each with a link to its page."""
    rows = ["| key | value | meaning |", "|---|---|---|"]
    for name in SECTIONS:
        shown = f"[`{name}`](language/{name}.md)" if _children(name) else f"`{name}`"
        shown = f'<span id="{name}"></span>{shown}'
        rows.append(f"| {shown} | {_value(name, '')} | {_meaning(name)} |")
    return "\n".join(rows)


def _section(name: str) -> Page:
    page = Page([f"# {name}", "", _meaning(name), ""])
    page.anchors[name] = name
    _describe(page, name, depth=1)
    return page


def _describe(page: Page, path: str, depth: int) -> None:
    """Write what lies in a field: the kinds that it may have, or the keys of a mapping."""
    kinds = _kinds(path)
    shown = kinds or _children(path)
    page.lines += [*_table(page, path, shown, is_kind=bool(kinds)), ""]
    for child in _children(path):  # the fields of the default kind too: `bayesian.prior.scale`
        page.anchors.setdefault(child, page.anchors[path])
    for child in shown:
        _describe_child(page, child, depth + 1, needs_heading=bool(kinds))


def _describe_child(page: Page, path: str, depth: int, *, needs_heading: bool) -> None:
    """Give a field a heading of its own, unless its row in the table says all of it."""
    if not _children(path) and not needs_heading:
        return
    known = _described_before(page, path)
    if known:
        page.anchors.update(dict.fromkeys(_subtree(path), page.anchors[known]))
        return
    page.described[_signature(path)] = path
    page.anchors[path] = path
    page.lines += [f"{'#' * min(depth, 4)} {path} {{#{path}}}", "", _meaning(path), ""]
    if _children(path):
        _describe(page, path, depth)


def _table(page: Page, parent: str, paths: list[str], *, is_kind: bool) -> Iterator[str]:
    if is_kind:
        tag = _tag(parent)
        yield f"| `{tag}` | meaning |"
        yield "|---|---|"
        for path in paths:
            place = _described_before(page, path) or path
            yield f"| [`{_last(path)}`](#{place}) | {_meaning(path)} |"
        return
    yield "| key | value | meaning |"
    yield "|---|---|---|"
    for path in paths:
        shown = f"`{_last(path)}`"
        if _children(path):
            shown = f"[{shown}](#{_described_before(page, path) or path})"
        yield f"| {shown} | {_value(path, parent)} | {_meaning(path)} |"


def _value(path: str, parent: str) -> str:
    """What a field must be, and its default."""
    schema = _schema(path)
    words = "a list of layers" if path == "layers" else describe(schema)
    if _children(path) and words.startswith("a mapping"):
        words = "a mapping"
    if _last(path) in _required(parent):
        return _cell(f"{words}; required")
    default = schema.get("default", {})  # some depend on other fields: their meaning says so
    if isinstance(default, dict | list) or default == "" or words == f"`{default}`":
        return _cell(words)
    return _cell(f"{words}; default `{_written(default)}`")


def _required(parent: str) -> list[str]:
    schema = resolve(_schema(parent)) if parent else make_schema()
    required: list[str] = schema.get("required", [])
    return required


def _meaning(path: str) -> str:
    return _cell(str(_schema(path).get("description", "")).strip())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _schema(path: str) -> dict[str, Any]:
    schema = schema_of_field(path)
    assert schema is not None, path
    return schema


def _kinds(path: str) -> list[str]:
    """The members of a field that is told apart by a tag, such as the layers by their `type`."""
    schema = _schema(path)
    union = union_with_tag(resolve(schema.get("items", schema)))
    if union is None:
        return []
    return [f"{path}.{word}" for word in choices(union) if f"{path}.{word}" in field_paths()]


def _tag(path: str) -> str:
    schema = _schema(path)
    union = union_with_tag(resolve(schema.get("items", schema)))
    assert union is not None
    return str(union["discriminator"]["propertyName"])


@cache
def _children_of_all() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in field_paths():
        found.setdefault(path.rpartition(".")[0], []).append(path)
    return found


def _children(path: str) -> list[str]:
    return _children_of_all().get(path, [])


def _subtree(path: str) -> list[str]:
    return [path, *(inner for child in _children(path) for inner in _subtree(child))]


def _last(path: str) -> str:
    return path.rpartition(".")[2]


@cache
def _signature(path: str) -> str:
    """The same text for fields that are the same wherever they are, such as a learning rate."""
    parts = [
        [inner.removeprefix(path), describe(_schema(inner)), str(_schema(inner).get("default"))]
        for inner in _subtree(path)
    ]
    return json.dumps([_last(path), *parts])


def _described_before(page: Page, path: str) -> str | None:
    return page.described.get(_signature(path))
