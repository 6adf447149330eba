"""Completion: the keys and values that may stand at a place, under the method of the spec."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from lsprotocol import types

from bnnc.compiler.composition.layers_of_text import layer_paths
from bnnc.compiler.language.examples import complete, flow
from bnnc.compiler.language.layer_suggestions import value_at
from bnnc.compiler.language.schema_queries import (
    Schema,
    choices,
    describe,
    keys_at,
    keys_by_tag,
    kinds_of_value,
    resolve,
    schema_at,
    tag_of,
    union_with_tag,
)
from bnnc.compiler.text.tree import Json, Mapping, Path, Sequence
from bnnc.lsp.cursor import Cursor
from bnnc.lsp.positions import Positions
from bnnc.specs.layers import LAYER_TYPES, type_name
from bnnc.specs.methods import METHODS
from bnnc.specs.outputs import OUTPUTS
from bnnc.specs.sources import SOURCES
from bnnc.specs.spec import EXTENDS

_MOST_FILES = 1_000
_JSON = re.compile(r"\s*\{\s*\"")
_LAYERS = {type_name(one): one for one in LAYER_TYPES}


def completions(
    cursor: Cursor, tree: Mapping | None, folder: str | None, positions: Positions
) -> list[types.CompletionItem]:
    """What may stand at the cursor.

    Args:
        cursor: the place.
        tree: the last tree of the text, for the names of layers.
        folder: the folder that names of files are relative to.
        positions: of the connection.
    """
    found = _keys(cursor) if cursor.kind == "key" else _values(cursor, tree, folder)
    place = positions.range(cursor.span)
    return [
        types.CompletionItem(
            label=one.label,
            kind=one.kind,
            detail=one.detail,
            documentation=types.MarkupContent(types.MarkupKind.Markdown, one.text)
            if one.text
            else None,
            sort_text=f"{number:04}",
            filter_text=one.label,
            text_edit=types.TextEdit(place, one.written),
        )
        for number, one in enumerate(found)
    ]


class _Item:
    """A word that is offered, with what is written for it."""

    def __init__(
        self, label: str, written: str, kind: types.CompletionItemKind, detail: str, text: str
    ) -> None:
        self.label, self.written, self.kind = label, written, kind
        self.detail, self.text = detail, text


def _keys(cursor: Cursor) -> list[_Item]:
    path, document = cursor.path, cursor.document
    there = value_at(document, path)
    if not isinstance(there, dict):
        return []
    schema = schema_at(path, document) if path else schema_at((), document)
    allowed = [
        key
        for key in keys_at(path, document)
        if key not in there and is_of_use((*path, key), document)
    ]
    required = _required(schema, path, document)
    allowed.sort(key=lambda key: key not in required)
    items = []
    for key in allowed:
        field = schema_at((*path, key), document) or {}
        detail = describe(field) if field else ""
        items.append(
            _Item(
                key,
                _written_key(key, cursor),
                types.CompletionItemKind.Property,
                ("needed: " if key in required else "") + _shortened(detail),
                str(field.get("description", "")),
            )
        )
    return items


def _required(schema: Schema | None, path: Path, document: Json) -> frozenset[str]:
    """The keys that the mapping at a path must have."""
    if schema is None:
        return frozenset()
    union = union_with_tag(schema)
    if union is not None and tag_of(union):
        said = value_at(document, (*path, tag_of(union)))
        member = union["discriminator"]["mapping"].get(str(said))
        if member is None:
            return frozenset({tag_of(union)})
        schema = resolve({"$ref": member})
    return frozenset(schema.get("required", ()))


def _is_json(cursor: Cursor) -> bool:
    return _JSON.match(cursor.span.source.text) is not None


def _written_key(key: str, cursor: Cursor) -> str:
    if cursor.has_value or cursor.in_quotes:
        return key
    is_json = cursor.in_brackets and _is_json(cursor)
    return f'"{key}": ' if is_json else f"{key}: "


def is_of_use(path: Path, document: Json) -> bool:
    """Whether a key has an effect under the methods of a document, as far as they are known."""
    key, around = path[-1], path[:-1]
    if around == ("loss",) and key == "kl":
        methods = _methods(document)
        return not methods or any(METHODS[one].has_kl for one in methods)
    if around[-1:] != ("bayesian",) or key in {"method", "layers"}:
        return True
    own = value_at(document, (*around, "method"))
    if len(around) > 1:
        said = own if isinstance(own, str) else value_at(document, ("bayesian", "method"))
        methods = [said] if isinstance(said, str) and said in METHODS else []
    else:
        methods = _methods(document)
    if not methods:
        return True
    used = {name for one in methods for name in METHODS[one].fields | METHODS[one].fields_by_place}
    return key in used


def _methods(document: Json) -> list[str]:
    """The methods that a document names, of the section and of its layers."""
    named = [
        value_at(document, ("bayesian", "method")),
        *_of_layers(value_at(document, ("layers",))),
    ]
    return [one for one in named if isinstance(one, str) and one in METHODS]


def _of_layers(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value_at(value, ("bayesian", "method"))
        value = [value.get("body"), value.get("branches")]
    if isinstance(value, list):
        for one in value:
            yield from _of_layers(one)


def _values(cursor: Cursor, tree: Mapping | None, folder: str | None) -> list[_Item]:
    path, document = cursor.path, cursor.document
    if path[0] == EXTENDS:
        return _files(cursor, folder)
    if path == ("data", "source"):
        return [_source(name) for name in SOURCES]
    if path[:2] == ("bayesian", "layers") and cursor.kind == "item":
        return _layer_names(tree, document)
    schema = schema_at(path, document)
    if schema is None:
        return _tags(cursor)
    items: list[_Item] = []
    union = union_with_tag(schema)
    if union is not None and tag_of(union):
        items += _members(union, cursor)
    words = [one for one in choices(schema) if not (union and tag_of(union))]
    accepted = _accepted(path, document)
    refused = [] if accepted is None else [one for one in words if one not in accepted]
    for word in [one for one in words if one not in refused]:
        items.append(_word(word, path, document))
    items += [_word(word, path, document, "contradicts the output") for word in refused]
    if any(resolve(one).get("type") == "boolean" for one in (schema, *kinds_of_value(schema))):
        items += [_word(word, path, document) for word in ("true", "false")]
    return items


def _tags(cursor: Cursor) -> list[_Item]:
    """The words of a key that tells the members of a union apart, as `type` of a layer."""
    *around, key = cursor.path
    mapping = keys_by_tag(tuple(around), cursor.document)
    union = union_with_tag(schema_at(tuple(around), cursor.document))
    if not mapping or union is None or tag_of(union) != key:
        return []
    return [_member_word(union, word) for word in mapping]


def _member_word(union: Schema, word: str) -> _Item:
    member = resolve({"$ref": union["discriminator"]["mapping"][word]})
    text = str(member.get("description", ""))
    return _Item(word, word, types.CompletionItemKind.EnumMember, "", text)


def _members(union: Schema, cursor: Cursor) -> list[_Item]:
    """The members of a union as whole mappings in one line, with what each needs."""
    items = []
    quotes = _is_json(cursor)
    for word, reference in union["discriminator"]["mapping"].items():
        member = resolve({"$ref": reference})
        whole = flow(complete(member, {tag_of(union): word}, cursor.document), quotes=quotes)
        text = str(member.get("description", ""))
        items.append(_Item(word, whole, types.CompletionItemKind.Struct, whole, text))
    return items


def _word(word: str, path: Path, document: Json, against: str = "") -> _Item:
    text = ""
    if path[-1:] == ("method",) and word in METHODS:
        text = f"`{word}` {METHODS[word].meaning}."
    return _Item(word, word, types.CompletionItemKind.EnumMember, against, text)


def _accepted(path: Path, document: Json) -> Iterable[str] | None:
    """The words that go with the others of the spec; None where all do, or nothing is known."""
    distribution = value_at(document, ("output", "distribution"))
    output = OUTPUTS.get(distribution) if isinstance(distribution, str) else None
    if path == ("loss", "type") and output is not None:
        labels = value_at(document, ("output", "labels"))
        return output.losses.get(labels, ()) if isinstance(labels, str) else None
    if path == ("output", "labels") and output is not None:
        return output.losses
    if path == ("output", "parameterization") and output is not None:
        return output.activations
    if len(path) > 3 and path[-2:] == ("bayesian", "method"):
        kind = value_at(document, (*path[:-2], "type"))
        layer = _LAYERS.get(kind) if isinstance(kind, str) else None
        if layer is not None:
            bare = layer.model_construct(type=str(kind))
            return [name for name, one in METHODS.items() if name == "none" or one.carried_by(bare)]
    return None


def _source(name: str) -> _Item:
    facts = SOURCES[name]
    shape = "×".join(map(str, facts.shape))
    classes = "numbers" if facts.classes is None else f"{facts.classes} classes"
    detail = f"{facts.rows_train:,} + {facts.rows_test:,} rows of {shape}, {classes}"
    return _Item(name, name, types.CompletionItemKind.Value, detail, "")


def _layer_names(tree: Mapping | None, document: Json) -> list[_Item]:
    """The names of layers that the method can apply to."""
    layers = None if tree is None else tree.entry("layers")
    if layers is None or not isinstance(layers.value, Sequence):
        return []
    method = METHODS.get(str(value_at(document, ("bayesian", "method"))))
    items = []
    for name, path in layer_paths(layers.value).items():
        kind = str(value_at(document, (*path, "type")))
        layer = _LAYERS.get(kind)
        carried = (
            layer is None or method is None or method.carried_by(layer.model_construct(type=kind))
        )
        if carried:
            items.append(_Item(name, name, types.CompletionItemKind.Reference, kind, ""))
    return items


def _files(cursor: Cursor, folder: str | None) -> list[_Item]:
    """The specs of a folder, and the folders in it, behind what is written of the path."""
    if folder is None:
        return []
    head = cursor.word.rpartition("/")[0]
    head = f"{head}/" if "/" in cursor.word else ""
    own = os.path.basename(cursor.span.source.name)
    items = []
    try:
        with os.scandir(os.path.join(folder, head)) as entries:
            for entry in islice(entries, _MOST_FILES):
                name = entry.name
                if name.startswith(".") or (not head and name == own):
                    continue
                if entry.is_dir():
                    kind, name = types.CompletionItemKind.Folder, f"{name}/"
                elif name.endswith((".yaml", ".yml", ".json")):
                    kind = types.CompletionItemKind.File
                else:
                    continue
                items.append(_Item(head + name, head + name, kind, "", ""))
    except (OSError, ValueError):
        return []
    return sorted(items, key=lambda one: one.label)


def _shortened(text: str, limit: int = 100) -> str:
    return text if len(text) <= limit else f"{text[: limit - 3]}..."
