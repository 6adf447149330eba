"""Edit the text of a spec, and keep its comments and layout."""

from __future__ import annotations

import json
import re
from dataclasses import replace as with_changes

from bnnc.compiler.diagnostics.diagnostic import Edit
from bnnc.compiler.text.source import Span
from bnnc.compiler.text.tree import Entry, Mapping, Path, Scalar, find, find_entry
from bnnc.errors import InternalError

# Tags and anchors at the end of what stands before a key.
_PROPERTIES = re.compile(r"(?:[!&]\S*\s+)+\Z")

# What stands before the first entry between brackets, and behind an entry there.
_OPENED = re.compile(r"\{(?:\s|#[^\r\n]*+)*+\Z")
_GOES_ON = re.compile(r"(?:\s|#[^\r\n]*+)*+[,}]")
_NEAR = 1000
# What stands between two entries there, as far as it belongs to neither.
_BETWEEN = re.compile(r"(?:[\s,]|#[^\r\n]*+)*+")
_COMMA = re.compile(r"((?:\s|#[^\r\n]*+)*+),[ \t]*")


def set_value(tree: Mapping, path: Path, text: str) -> Edit:
    """Write a value at a path: in place of the old one, or as a new entry of its mapping.

    The edit is of the file that says the old value, or the mapping that a new one goes into.
    Mappings on the way that are not there are written too, in flow style.
    """
    parent = find(tree, path[:-1])
    entry = find_entry(tree, path)
    if entry is None and isinstance(parent, Mapping):
        entry = next((one for one in parent.removed if one.key == path[-1]), None)
    if entry is not None:
        return replace(entry.value.span, text)
    if isinstance(parent, Mapping):
        return _new_entry(parent, str(path[-1]), text)
    if parent is None and len(path) > 1:
        return set_value(tree, path[:-1], f"{{{path[-1]}: {text}}}")
    if isinstance(parent, Scalar) and parent.value is None:  # `calibration: null`, or nothing
        space = "" if parent.span.text else " "
        return Edit(parent.span, f"{space}{{{path[-1]}: {text}}}")
    raise InternalError(f"there is no mapping to write {path} into")


def rename(parent: Mapping, span: Span, key: str) -> Edit:
    """Write another key in place of one of a mapping."""
    return with_changes(replace(span, key), writes=(_place(parent), key))


def replace(span: Span, word: str) -> Edit:
    """Write a word in place of what stands there, in the same quotes: JSON needs them."""
    quote = span.text[:1]
    return Edit(span, f"{quote}{word}{quote}" if quote in {'"', "'"} else word)


def delete_entry(tree: Mapping, path: Path) -> Edit:
    """Take the entry at a path out of its mapping, with its comma or its line.

    One that comes from a file that the mapping's own file extends is removed by `key: null`.
    """
    parent = find(tree, path[:-1])
    entry = find_entry(tree, path)
    if not isinstance(parent, Mapping) or entry is None:
        raise InternalError(f"there is no entry to delete at {path}")
    if entry.key_span.source != parent.span.source:
        return _new_entry(parent, entry.key, "null")
    if _is_flow(parent) and _has_comment_beside(parent, entry):
        return _delete_between_comments(parent, entry)
    span = _span_to_delete(parent, entry)
    needs_space = _is_flow(parent) and _ends_with_white_space_alone(span.source.text, span.start)
    return Edit(span, " " if needs_space else "")


def _has_comment_beside(parent: Mapping, entry: Entry) -> bool:
    """Whether a comment stands where a comma goes with the entry: before it, or behind the first."""
    before, behind = _neighbours(parent, entry)
    text = entry.span.source.text
    if before is not None:
        return "#" in text[before.span.end : entry.span.start]
    return behind is not None and "#" in text[entry.span.end : behind.span.start]


def _delete_between_comments(parent: Mapping, entry: Entry) -> Edit:
    """Take out the entry and the comma behind it, if there is one; the last may leave one behind.

    A line of its own goes with it.
    """
    source, text = entry.span.source, entry.span.source.text
    before, _ = _neighbours(parent, entry)
    start, end, kept = entry.span.start, entry.span.end, ""
    if before is not None:
        # A tag or an anchor may stand before the key.
        between = _BETWEEN.match(text, before.span.end)
        start = between.end() if between else start
    comma = _COMMA.match(text, end)
    if comma is not None:
        end = comma.end()
        kept = comma[1] if "#" in comma[1] else ""
    elif not text[text.rfind("\n", 0, start) + 1 : start].strip():
        end += len(text[end:]) - len(text[end:].lstrip(" \t"))
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    alone = not text[line_start:start].strip() and not text[end:line_end].strip()
    if alone and not kept and line_end != -1:
        start, end = line_start, line_end + 1
    return Edit(Span(source, start, end), kept)


def _ends_with_white_space_alone(text: str, end: int) -> bool:
    """Whether a key without a value, or a tag, ends here: a comma or a bracket would belong to it.

    So `{a: !b, c: 1}` becomes `{a: !b }`.
    """
    before = text[text.rfind("\n", 0, end) + 1 : end]
    return before.endswith(":") or _PROPERTIES.search(before + " ") is not None


def _neighbours(parent: Mapping, entry: Entry) -> tuple[Entry | None, Entry | None]:
    """The entries before and behind it in the text.

    Those from another file stand beside it in the tree, not in the text; in the tree they stand in
    the order of the merge.
    """
    siblings = sorted(parent.own_entries, key=lambda one: one.span.start)
    index = siblings.index(entry)
    behind = siblings[index + 1 : index + 2]
    return siblings[index - 1] if index else None, behind[0] if behind else None


def _span_to_delete(parent: Mapping, entry: Entry) -> Span:
    source = entry.span.source
    before, behind = _neighbours(parent, entry)
    if _is_flow(parent):
        if before is not None:
            return Span(source, before.span.end, entry.span.end)
        if behind is not None:
            return Span(source, entry.span.start, behind.span.start)
        comma = _COMMA.match(source.text, entry.span.end)
        return Span(source, entry.span.start, comma.end() if comma else entry.span.end)
    text = source.text
    line_start = text.rfind("\n", 0, entry.span.start) + 1
    line_end = text.find("\n", entry.span.end)
    line_end = len(text) if line_end == -1 else line_end
    alone = not text[line_start : entry.span.start].strip()
    if not alone and behind and "#" not in text[entry.span.end : behind.span.start]:
        # The first key behind a dash: the next one takes its place.
        return Span(source, entry.span.start, behind.span.start)
    if alone and not text[entry.span.end : line_end].strip():
        return Span(source, line_start, min(line_end + 1, len(text)))
    # A comment stands behind it, and stays.
    return entry.span


def _new_entry(parent: Mapping, key: str, value: str) -> Edit:
    edit = _entry_behind_the_others(parent, key, value)
    return with_changes(edit, writes=(_place(parent), key))


def _place(parent: Mapping) -> int:
    """Where a mapping begins, the same for all its aliases."""
    return parent.first_place.start


def _entry_behind_the_others(parent: Mapping, key: str, value: str) -> Edit:
    source = parent.span.source
    siblings = parent.own_entries
    if siblings and siblings[0].key_span.text.startswith('"'):
        # JSON. A flow mapping as the value is written by `set_value`, for sections that are absent.
        key, value = f'"{key}"', value if value.startswith("{") else _as_json(value)
    text = f"{key}: {value}"
    if not siblings:
        return _first_entry(parent, text)
    last = siblings[-1]
    end = Span(source, last.span.end, last.span.end)
    if _is_flow(parent):
        space = " " if _ends_with_white_space_alone(source.text, last.span.end) else ""
        return Edit(end, f"{space}, {text}")
    indentation = _indentation(siblings[0])
    # After the line of the last entry, so that a comment behind it stays with it.
    line_end = source.text.find("\n", last.span.end)
    at = len(source.text) if line_end == -1 else line_end
    return Edit(Span(source, at, at), f"\n{' ' * indentation}{text}")


def _as_json(value: str) -> str:
    """A value as JSON has it: numbers, lists, true, false and null as they are, words in quotes."""
    try:
        json.loads(value)
    except ValueError:
        return f'"{value}"'
    return value


def _first_entry(parent: Mapping, text: str) -> Edit:
    """An entry of a mapping that has none, or none but those whose keys are no text."""
    source, start = parent.span.source, parent.span.start
    if parent.span.text.startswith("*"):
        return Edit(parent.span, f"{{{text}}}")
    if not _is_flow(parent):
        _, column = parent.span.position
        return Edit(Span(source, start, start), f"{text}\n{' ' * (column - 1)}")
    others = not source.text[start + 1 :].lstrip().startswith("}")
    return Edit(Span(source, start + 1, start + 1), f"{text}, " if others else text)


def _indentation(first: Entry) -> int:
    """How far the keys of a block mapping are indented: a tag or an anchor stands before that."""
    span = first.key_span
    line_start = span.source.text.rfind("\n", 0, span.start) + 1
    return len(_PROPERTIES.sub("", span.source.text[line_start : span.start]))


def _is_flow(mapping: Mapping) -> bool:
    if not mapping.span.text.startswith("*"):
        return mapping.span.text.startswith("{")
    # An alias: its entries stand where the anchor is, between brackets or not.
    entries = mapping.own_entries
    if not entries:
        return True
    text = entries[0].span.source.text
    start, end = entries[0].key_span.start, entries[-1].span.end
    opened = _OPENED.search(text, max(0, start - _NEAR), start)
    return opened is not None and _GOES_ON.match(text, end) is not None
