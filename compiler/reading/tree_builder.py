"""Puts YAML's events together to the tree, and collects what is wrong on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import islice

import yaml

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.reading.findings.bnn001_yaml_syntax import half_a_character
from bnnc.compiler.reading.findings.bnn002_duplicate_key import duplicate_key
from bnnc.compiler.reading.findings.bnn003_empty_section import empty_item, empty_value
from bnnc.compiler.reading.findings.bnn004_non_finite_number import non_finite_number
from bnnc.compiler.reading.findings.bnn005_inexact_integer import inexact_integer
from bnnc.compiler.reading.findings.bnn007_nested_too_deep import nested_too_deep
from bnnc.compiler.reading.findings.bnn008_too_many_nodes import too_many_nodes
from bnnc.compiler.reading.findings.bnn009_unsupported_tag import unsupported_tag
from bnnc.compiler.reading.findings.bnn010_recursive_alias import recursive_alias
from bnnc.compiler.reading.findings.bnn011_several_documents import several_documents
from bnnc.compiler.reading.findings.bnn012_key_is_not_a_string import key_is_not_a_string
from bnnc.compiler.reading.findings.bnn016_merge_key import merge_key
from bnnc.compiler.reading.findings.bnn017_undefined_alias import undefined_alias
from bnnc.compiler.reading.prepare import Prepared
from bnnc.compiler.text.limits import MAX_DEPTH, MAX_NODES
from bnnc.compiler.text.scalars import OutOfRange, resolve
from bnnc.compiler.text.source import Source, Span
from bnnc.compiler.text.tree import Entry, Mapping, Node, Scalar, Sequence

_STRING_TAG = "tag:yaml.org,2002:str"
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\(?:u|U0000)[dD][89a-fA-F][0-9a-fA-F]{2}")
_PROPERTY = re.compile(r"&[\w-]+|!<[^>\s]*>|![^\s,\[\]{}]*", re.ASCII)
_SPACE_AND_COMMENTS = re.compile(r"(?:[ \t\r\n]+|#[^\r\n]*)*")


class UnreadableError(Exception):
    """Reading cannot go on; the finding says why."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    start: int
    end: int
    is_mapping: bool
    bracket: bool
    anchor: str | None
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    merged: list[Entry] = field(default_factory=list)
    key: Node | None = None
    size: int = 1
    height: int = 1


@dataclass(frozen=True, slots=True)
class _Anchored:
    """A finished node with an anchor; its size and height count its aliases' nodes too."""

    node: Node
    size: int
    height: int


class TreeBuilder:
    """Takes events one by one until they end or `finished` says that no more are wanted.

    `root` is then the tree of the first document.

    Raises: UnreadableError where a limit is passed.
    """

    def __init__(self, source: Source, prepared: Prepared, shift: int) -> None:
        self.findings: list[Diagnostic] = []
        self.root: Node | None = None
        self.finished = False
        self.last = Span(source, 0, 0)
        self._source = source
        self.prepared = prepared
        self._shift = shift
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Anchored | _Open] = {}
        self._nodes = 0
        self._documents = 0

    @property
    def open_bracket(self) -> int | None:
        """The offset of the innermost bracket that is still open."""
        return next((one.start for one in reversed(self._stack) if one.bracket), None)

    @property
    def depth(self) -> int:
        """How many lists and mappings are open."""
        return len(self._stack)

    def take(self, event: yaml.Event) -> None:
        """The next event of the stream."""
        # Only events that were made by hand have no marks.
        assert event.start_mark is not None
        assert event.end_mark is not None
        start, end = event.start_mark.index + self._shift, event.end_mark.index + self._shift
        self.last = self._span(start, end)
        match event:
            case yaml.ScalarEvent():
                self._scalar(event, start, end)
            case yaml.AliasEvent():
                self._alias(event.anchor or "", self._span(start, end))
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._begin(event, start)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._finish(start, end)
            case yaml.DocumentStartEvent():
                self._documents += 1
                self.finished = self._documents > 1
                if self.finished:
                    self.findings.append(several_documents(self._span(start, end)))

    def _span(self, start: int, end: int) -> Span:
        return Span(self._source, start, end)

    def _begin(self, event: yaml.CollectionStartEvent, start: int) -> None:
        start = self._untagged(event, start)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        # `[a: 1]` holds a mapping in flow style that has no bracket of its own.
        bracket = self._source.text[start : start + 1] == ("{" if is_mapping else "[")
        opened = _Open(start, start, is_mapping, bracket and bool(event.flow_style), event.anchor)
        span = self._span(start, start + 1)
        if len(self._stack) == MAX_DEPTH:
            raise UnreadableError(nested_too_deep(span, MAX_DEPTH))
        self._count(1, span)
        self._stack.append(opened)
        if event.anchor:
            self._anchors[event.anchor] = opened

    def _finish(self, start: int, end: int) -> None:
        opened = self._stack.pop()
        # Where no bracket ends a collection, libyaml puts its end before whatever comes next,
        # behind blank lines and comments; it ends with its last value.
        span = self._span(opened.start, end if end > start else opened.end)
        node: Node
        if opened.is_mapping:
            entries = {entry.key: entry for entry in opened.merged} | opened.entries
            node = Mapping(tuple(entries.values()), span)
        else:
            node = Sequence(tuple(opened.items), span)
        finished = _Anchored(node, opened.size, opened.height)
        if opened.anchor and self._anchors[opened.anchor] is opened:
            self._anchors[opened.anchor] = finished
        self._place(finished)

    def _scalar(self, event: yaml.ScalarEvent, start: int, end: int) -> None:
        content = min(self._untagged(event, start), end)
        plain = not event.style
        if plain and not event.value and not event.tag:
            self._empty(event, start, end)
            return
        if event.style in ("|", ">"):
            # The blank lines behind a block of text belong to nobody.
            end = content + len(self._source.text[content:end].rstrip())
        span = self._span(content, end)
        text = self.prepared.restore(event.value, double_quoted=event.style == '"')
        if _SURROGATE.search(text):
            # PyYAML's own scanner lets it through; libyaml stops at the escape itself.
            escape = _ESCAPED_SURROGATE.search(self._source.text, content, end)
            place = self._span(*escape.span()) if escape else span
            raise UnreadableError(half_a_character(place))
        value = resolve(text) if plain and event.tag != _STRING_TAG else text
        reported = bool(event.tag)
        if isinstance(value, OutOfRange):
            if not self._wants_key:
                make = non_finite_number if value is OutOfRange.NOT_FINITE else inexact_integer
                self.findings.append(make(span, text))
            value, reported = None, not self._wants_key
        self._add_leaf(Scalar(value, span, reported), event.anchor)

    def _empty(self, event: yaml.ScalarEvent, start: int, end: int) -> None:
        """A place where a value is expected and nothing, or only an anchor, is written."""
        if not self._stack:
            return
        top, wants_key, text = self._stack[-1], self._wants_key, self._source.text
        offset = end
        if top.key is not None:
            offset = top.key.span.end
            colon = _SPACE_AND_COMMENTS.match(text, offset)
            if colon and text.startswith(":", colon.end()):
                offset = colon.end() + 1
            if isinstance(top.key, Scalar) and isinstance(top.key.value, str):
                in_brackets = self.open_bracket is not None
                self.findings.append(
                    empty_value(top.key.span, top.key.value, in_brackets=in_brackets)
                )
        elif not top.is_mapping:
            dash = start if top.bracket else text.rfind("-", 0, start)
            self.findings.append(empty_item(self._span(dash, max(end, dash + 1))))
        empty = Scalar(None, self._span(offset, offset), reported=not wants_key)
        self._add_leaf(empty, event.anchor)

    def _alias(self, name: str, span: Span) -> None:
        target = self._anchors.get(name)
        if isinstance(target, _Anchored):
            if len(self._stack) + target.height > MAX_DEPTH:
                raise UnreadableError(nested_too_deep(span, MAX_DEPTH))
            self._count(target.size, span)
            self._place(replace(target, node=replace(target.node, span=span)))
            return
        if target is None:
            # Five are shown, and a sixth says that there are more.
            self.findings.append(undefined_alias(span, name, tuple(islice(self._anchors, 6))))
        else:
            self.findings.append(recursive_alias(span, name, self._span(target.start, target.end)))
        self._add_leaf(Scalar(None, span, reported=True), None)

    def _untagged(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, offset: int) -> int:
        """Where a node itself begins, behind its anchor and its tag; a tag is reported."""
        text = self._source.text
        while (event.anchor or event.tag) and (found := _PROPERTY.match(text, offset)):
            if text[offset] == "!":
                self.findings.append(unsupported_tag(self._span(*found.span()), found[0]))
            behind = _SPACE_AND_COMMENTS.match(text, found.end())
            offset = behind.end() if behind else found.end()
        return offset

    def _count(self, nodes: int, span: Span) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise UnreadableError(too_many_nodes(span, MAX_NODES, by_alias=nodes > 1))

    @property
    def _wants_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].is_mapping and self._stack[-1].key is None

    def _add_leaf(self, scalar: Scalar, anchor: str | None) -> None:
        self._count(1, scalar.span)
        leaf = _Anchored(scalar, 1, 0)
        if anchor:
            self._anchors[anchor] = leaf
        self._place(leaf)

    def _place(self, done: _Anchored) -> None:
        """Put a finished node where it belongs: the root, an item, a key, or a key's value."""
        if not self._stack:
            self.root = done.node
            return
        top = self._stack[-1]
        top.size += done.size
        top.height = max(top.height, done.height + 1)
        top.end = done.node.span.end
        if not top.is_mapping:
            top.items.append(done.node)
        elif top.key is None:
            top.key = done.node
        else:
            key, top.key = top.key, None
            self._entry(top, key, done.node)

    def _entry(self, top: _Open, key: Node, value: Node) -> None:
        match key:
            # Only a plain `<<` is the merge key; `"<<"` is a key like another.
            case Scalar(value="<<") if key.span.text == "<<":
                self.findings.append(merge_key(key.span))
                # It goes on as if merged, so that nothing is missed that stands there.
                merged = value.items if isinstance(value, Sequence) else (value,)
                for mapping in reversed(merged):
                    if isinstance(mapping, Mapping):
                        top.merged.extend(mapping.entries)
            case Scalar(value=str(name)) if name in top.entries:
                self.findings.append(duplicate_key(key.span, name, top.entries[name].key_span))
            case Scalar(value=str(name)):
                top.entries[name] = Entry(name, key.span, value)
            case Scalar(reported=True):
                pass
            case _:
                # What was found inside such a key is the echo of the same mistake.
                start, end = key.span.start, key.span.end
                while self.findings and start <= self.findings[-1].span.start < end:
                    self.findings.pop()
                self.findings.append(key_is_not_a_string(key))
