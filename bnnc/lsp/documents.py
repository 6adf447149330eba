"""The open documents, and what was found in each of them.

The loop of the server writes texts; one worker thread reads and checks them, so that nothing of the
compiler runs twice at a time.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from bnnc.compiler import pipeline
from bnnc.compiler.checking.fixes import Fixed
from bnnc.compiler.composition.cache import Cache
from bnnc.compiler.planning.plan import Node
from bnnc.compiler.reading.detect import is_spec
from bnnc.compiler.reading.reader import read
from bnnc.compiler.report import Report
from bnnc.compiler.text.limits import most_bytes
from bnnc.compiler.text.source import Source, is_script_name
from bnnc.compiler.text.tree import Mapping

Kind = Literal["spec", "script", "other"]

_SPEC_NAME = re.compile(r"\.bnnc\.(?:ya?ml|json)\Z")
_SPEC_SUFFIXES = (".yaml", ".yml", ".json")
_SCHEMA_LINE = re.compile(r"\s*# yaml-language-server: \$schema=\S*bnnc[\w.-]*\.json")
# Not every Python file of a project is about a network.
_ABOUT_NETWORKS = re.compile(r"\b(?:keras|tensorflow|tensorflow_probability)\b")
# What says that a script has no model that bnnc reads: no mistake of its own.
_NO_MODEL = frozenset({"BNN702", "BNN705"})


@dataclass(frozen=True, slots=True)
class Document:
    """The text of an open document.

    `cells` are the addresses of a notebook's cells, in its order; `texts` are their texts.
    """

    uri: str
    version: int | None
    kind: Kind
    source: Source
    cells: tuple[str, ...] = ()
    texts: tuple[Source, ...] = ()

    def uri_of(self, source: Source) -> str:
        """Address of a text that a finding of this document is in."""
        if source.name != self.source.name:
            return uri_of_path(source.name)
        if source.cell is not None and source.cell <= len(self.cells):
            return self.cells[source.cell - 1]
        return self.cells[0] if self.cells else self.uri

    def text_of(self, uri: str) -> Source | None:
        """The text at an address: the document's own, or that of a cell."""
        if uri == self.uri and not self.cells:
            return self.source
        return self.texts[self.cells.index(uri)] if uri in self.cells else None


@dataclass(frozen=True)
class Checked:
    """A document with the report on it.

    `own_tree` is the tree of its own text, without what it extends; None where that cannot be read.
    """

    document: Document
    report: Report
    own_tree: Mapping | None = None

    @cached_property
    def nodes(self) -> MappingOf[int, Node]:
        """The plan of each layer, by the index of the placed layer; none of a spec with errors."""
        if self.report.spec is None:
            return {}
        nodes = pipeline.plan(self.report).nodes
        return {node.layer: node for node in nodes if node.layer is not None}


class Documents:
    """The open documents, by their addresses."""

    def __init__(self) -> None:
        self._open: dict[str, Document] = {}
        self._checked: dict[str, Checked] = {}
        self._trees: dict[str, Mapping] = {}

    # Of the server's loop.

    def put(self, uri: str, text: str, version: int | None, language: str) -> Document:
        """Take the text of a document that was opened or changed."""
        source, before = _source(uri, text, language), self._open.get(uri)
        is_known = before is not None and before.kind == "spec"
        kind: Kind = "spec" if is_known else _kind(source, language)
        self._open[uri] = Document(uri, version, kind, source)
        return self._open[uri]

    def put_notebook(
        self, uri: str, version: int, cells: list[tuple[str, bool, str]], metadata: object
    ) -> Document:
        """Take a notebook's cells: the address, whether it is code, and the text of each."""
        document = {
            "nbformat": 4,
            "metadata": metadata if isinstance(metadata, dict) else {},
            "cells": [
                {"cell_type": "code" if is_code else "markdown", "source": text}
                for _, is_code, text in cells
            ],
        }
        source = _source(uri, json.dumps(document, ensure_ascii=False), "")
        if not source.name.endswith(".ipynb"):
            source = Source(f"{source.name}.ipynb", source.text, source.folder)
        texts = tuple(
            Source(source.name, text, source.folder, cell=number)
            for number, (_, _, text) in enumerate(cells, start=1)
        )
        kind: Kind = "script" if any(_ABOUT_NETWORKS.search(one.text) for one in texts) else "other"
        addresses = tuple(address for address, _, _ in cells)
        self._open[uri] = Document(uri, version, kind, source, addresses, texts)
        return self._open[uri]

    def remove(self, uri: str) -> None:
        """Forget a document that was closed."""
        for known in (self._open, self._checked, self._trees):
            known.pop(uri, None)

    def get(self, uri: str) -> Document | None:
        """The document at an address, or the notebook whose cell is there."""
        found = self._open.get(uri)
        if found is None:
            found = next((one for one in self._open.values() if uri in one.cells), None)
        return found

    def extending(self, uri: str) -> list[str]:
        """Addresses of the open documents whose last check read this one as a base."""
        known = self._open.get(uri)
        if known is None:
            return []
        name = os.path.realpath(known.source.name)
        return [
            address
            for address, one in list(self._checked.items())
            if any(os.path.realpath(base.name) == name for base in one.report.bases)
        ]

    # Of the worker.

    def checked(self, document: Document) -> Checked | None:
        """The report on a document; None where it is nothing that bnnc reads."""
        if document.kind == "other":
            return None
        known = self._checked.get(document.uri)
        if known is not None and known.document is document and not known.report.bases:
            return known
        report = _check(document, self._overlay(document))
        # What is put together with other files says nothing of `extends`.
        is_alone = report.tree is not None and not report.bases
        own = report.tree if is_alone else None
        if own is None and document.kind == "spec":
            own = read(document.source)[0]
        if own is not None:
            self._trees[document.uri] = own
        found = Checked(document, report, own)
        if self._open.get(document.uri) is document:
            self._checked[document.uri] = found
        return found

    def fixed(self, checked: Checked) -> Fixed:
        """The document after every fix that keeps the model, as `bnnc check --fix` writes it."""
        overlay = self._overlay(checked.document)
        return pipeline.fix(checked.report, unsafe=False, cache=overlay)

    def as_opened(self, uri: str) -> str:
        """An address as the client spells it, if the document is open: there are several ways."""
        path = path_of_uri(uri)
        if path is None or uri in self._open:
            return uri
        return next((one for one in self._open if path_of_uri(one) == path), uri)

    def uris(self) -> list[str]:
        """Addresses of all open documents."""
        return list(self._open)

    def forget_reports(self) -> None:
        """Check everything again when it is asked for: files were written."""
        self._checked.clear()

    def last_tree(self, document: Document) -> Mapping | None:
        """The tree of the last text of the document that could be read."""
        return self._trees.get(document.uri)

    def _overlay(self, document: Document) -> Cache:
        """The files that may be extended and are open, as the editor has them."""
        cache = Cache()
        if "extends" not in document.source.text or document.kind != "spec":
            return cache
        from bnnc.compiler.composition.files import File, identity

        for one in list(self._open.values()):
            key = identity(one.source)
            if one.uri != document.uri and key is not None and not is_script_name(one.source.name):
                tree, found = read(one.source)
                cache.files[key] = File(key, one.source, tree, found)
        return cache


def _check(document: Document, cache: Cache) -> Report:
    source = document.source
    # A text in an editor may be longer than a file that is read to its limit.
    limit = most_bytes(source.name) + 1024
    if len(source.text) > limit:
        source = Source(source.name, source.text[:limit], source.folder)
    report = pipeline.check(source, cache=cache)
    if document.kind == "script" and any(one.code in _NO_MODEL for one in report.diagnostics):
        return Report(source, None, None, ())
    return report


def _kind(source: Source, language: str) -> Kind:
    if language == "python" or source.name.endswith(".py"):
        return "script" if _ABOUT_NETWORKS.search(source.text) else "other"
    is_text = language in {"yaml", "json", "jsonc"} or source.name.endswith(_SPEC_SUFFIXES)
    if not is_text and _SPEC_NAME.search(source.name) is None:
        return "other"
    is_meant = _SPEC_NAME.search(source.name) or _SCHEMA_LINE.match(source.text)
    return "spec" if is_meant or is_spec(source.text) else "other"


def _source(uri: str, text: str, language: str) -> Source:
    path = path_of_uri(uri)
    if path is not None:
        return Source(path, text, os.path.dirname(path))
    name = unquote(urlsplit(uri).path).rpartition("/")[2] or "untitled"
    if language == "python" and not is_script_name(name):
        name += ".py"
    return Source(name if is_script_name(name) else f"<{name}>", text)


def path_of_uri(uri: str) -> str | None:
    """The path of a file's address; None for one that is in no file."""
    parts = urlsplit(uri)
    return unquote(parts.path) if parts.scheme == "file" and parts.path else None


def uri_of_path(path: str) -> str:
    """The address of a file."""
    return f"file://{quote(os.path.abspath(path).encode('utf-8', 'surrogateescape'))}"
