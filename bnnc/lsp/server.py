"""The language server: messages of the protocol to the functions that answer them.

The loop takes messages and keeps texts; a single worker thread reads and checks them. A check begins
when no change has come for a moment, and only the last text is checked: typing queues nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, TypeVar

from lsprotocol import types
from lsprotocol.types import PositionEncodingKind
from pygls.lsp.server import LanguageServer

from bnnc.lsp.actions import KINDS, code_actions
from bnnc.lsp.completion import completions
from bnnc.lsp.cursor import cursor_at
from bnnc.lsp.documents import Checked, Document, Documents
from bnnc.lsp.findings import Pages, by_uri
from bnnc.lsp.hover import hover
from bnnc.lsp.places import definition, shape_hints
from bnnc.lsp.positions import Positions
from bnnc.version import VERSION

_log = logging.getLogger(__name__)

# Seconds without a change before a check begins. Keys that are struck at once, as by a paste or by a
# word that an editor completes, come within it; a person's next key does not.
DELAY = 0.015
_CELLS = [types.NotebookCellLanguage(language="python")]
# Where lines of a spec offer the next word: a key, a value, and the beginnings of lists and mappings.
_TRIGGERS = [":", " ", "-", "{", "[", ",", '"', "/"]

Answer = TypeVar("Answer")


class BnncServer(LanguageServer):
    """The server of one connection."""

    def __init__(self, folder: Path) -> None:
        notebooks = types.NotebookDocumentFilterWithCells(cells=_CELLS)
        super().__init__(
            "bnnc",
            VERSION,
            # Whole texts: the lines of a change are counted otherwise by pygls than by the protocol.
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            notebook_document_sync=types.NotebookDocumentSyncOptions([notebooks]),
        )
        self.documents = Documents()
        self.pages = Pages(folder)
        self.worker = ThreadPoolExecutor(1, "bnnc-check")
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._running: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        # By the document whose check found them, by the text that they are in.
        self._found: dict[str, dict[str, list[types.Diagnostic]]] = {}

    @property
    def positions(self) -> Positions:
        """How client and server count characters."""
        encoding = self.workspace.position_encoding
        return Positions(PositionEncodingKind(encoding or PositionEncodingKind.Utf16))

    async def in_worker(self, call: Callable[[], Answer]) -> Answer:
        """What a call gives that the worker makes."""
        return await asyncio.get_running_loop().run_in_executor(self.worker, call)

    async def answer(self, uri: str, call: Callable[[Checked], Answer], nothing: Answer) -> Answer:
        """What a call gives of the checked document at an address; `nothing` if it is none."""
        document = self.documents.get(uri)
        if document is None or document.kind == "other":
            return nothing

        def make() -> Answer:
            checked = self.documents.checked(document)
            return nothing if checked is None else call(checked)

        return await self.in_worker(make)

    def changed(self, uri: str) -> None:
        """Check a document, and those that extend it, when the typing pauses."""
        loop = asyncio.get_running_loop()
        for one in {uri, *self.documents.extending(uri)}:
            timer = self._timers.pop(one, None)
            if timer is not None:
                timer.cancel()
            self._timers[one] = loop.call_later(DELAY, self._begin, one)

    def changed_elsewhere(self) -> None:
        """Check all documents again: files were written."""
        self.documents.forget_reports()
        for uri in self.documents.uris():
            self.changed(uri)

    def closed(self, uri: str) -> None:
        """Take back what was found in a document that was closed."""
        self.documents.remove(uri)
        timer = self._timers.pop(uri, None)
        if timer is not None:
            timer.cancel()
        for one in self._found.pop(uri, {}):
            self._publish(one)

    def _begin(self, uri: str) -> None:
        self._timers.pop(uri, None)
        if uri not in self._running:  # else it begins again by itself
            task = asyncio.get_running_loop().create_task(self._check(uri))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _check(self, uri: str) -> None:
        """Check the text of a document until it is the last one, and publish what is found."""
        self._running.add(uri)
        try:
            while (document := self.documents.get(uri)) is not None:
                found = await self.in_worker(lambda document=document: self._findings(document))  # type: ignore[misc]
                if self.documents.get(uri) is document:
                    self._take(document, found)
                    return
        except Exception:  # noqa: BLE001 - a bug is logged, and must not end the server
            _log.exception("the check of %s failed", uri)
        finally:
            self._running.discard(uri)

    def _findings(self, document: Document) -> dict[str, list[types.Diagnostic]]:
        checked = self.documents.checked(document)
        found = () if checked is None else checked.report.diagnostics
        return by_uri(document, found, self.positions, self.pages)

    def _take(self, document: Document, found: dict[str, list[types.Diagnostic]]) -> None:
        before = self._found.get(document.uri, {})
        found = {self.documents.as_opened(uri): ones for uri, ones in found.items()}
        self._found[document.uri] = found
        for uri in dict.fromkeys((*found, *before)):
            self._publish(uri)

    def _publish(self, uri: str) -> None:
        """Show what is found in a text: by its own check, and by those of specs that extend it."""
        found: dict[str, types.Diagnostic] = {}
        for by_text in self._found.values():
            found.update((repr(one), one) for one in by_text.get(uri, ()))
        document = self.documents.get(uri)
        version = document.version if document is not None and document.uri == uri else None
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, list(found.values()), version)
        )


def _add_documents(server: BnncServer) -> None:
    """Register what opens, changes and closes documents."""
    documents = server.documents

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        one = params.text_document
        documents.put(one.uri, one.text, one.version, one.language_id)
        server.changed(one.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        one = server.workspace.get_text_document(uri)
        documents.put(uri, one.source, params.text_document.version, one.language_id or "")
        server.changed(uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        extending = documents.extending(params.text_document.uri)
        server.closed(params.text_document.uri)
        for uri in extending:  # they have the file from the disk now
            server.changed(uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        del params
        server.changed_elsewhere()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(params: types.DidChangeWatchedFilesParams) -> None:
        del params
        server.changed_elsewhere()

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    def notebook_opened(params: types.DidOpenNotebookDocumentParams) -> None:
        _take_notebook(server, params.notebook_document.uri)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def notebook_changed(params: types.DidChangeNotebookDocumentParams) -> None:
        _take_notebook(server, params.notebook_document.uri)

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def notebook_closed(params: types.DidCloseNotebookDocumentParams) -> None:
        server.closed(params.notebook_document.uri)


def _take_notebook(server: BnncServer, uri: str) -> None:
    notebook = server.workspace.get_notebook_document(notebook_uri=uri)
    if notebook is None:
        return
    cells = []
    for one in notebook.cells:
        # The client opens cells in Python alone: of the others there is no text.
        is_code = one.kind == types.NotebookCellKind.Code and (
            one.document in server.workspace.text_documents
        )
        text = server.workspace.get_text_document(one.document).source if is_code else ""
        cells.append((one.document, is_code, text))
    server.documents.put_notebook(uri, notebook.version, cells, notebook.metadata)
    server.changed(uri)


def _add_answers(server: BnncServer) -> None:
    """Register what answers questions about a place."""
    documents = server.documents

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=_TRIGGERS)
    )
    async def completion(params: types.CompletionParams) -> types.CompletionList | None:
        document = documents.get(params.text_document.uri)
        if document is None or document.kind != "spec":
            return None

        def make() -> types.CompletionList | None:
            source, positions = document.source, server.positions
            last = documents.last_tree(document)
            cursor = cursor_at(source, positions.offset(source, params.position), last)
            if cursor is None:
                return None
            found = completions(cursor, last, source.folder, positions)
            return types.CompletionList(is_incomplete=False, items=found)

        return await server.in_worker(make)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hovered(params: types.HoverParams) -> types.Hover | None:
        def make(checked: Checked) -> types.Hover | None:
            source = checked.document.text_of(params.text_document.uri)
            if source is None:
                return None
            return hover(checked, source, params.position, server.positions)

        return await server.answer(params.text_document.uri, make, None)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def defined(params: types.DefinitionParams) -> types.Location | None:
        def make(checked: Checked) -> types.Location | None:
            return definition(checked, params.position, server.positions)

        return await server.answer(params.text_document.uri, make, None)

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def hinted(params: types.InlayHintParams) -> list[types.InlayHint]:
        def make(checked: Checked) -> list[types.InlayHint]:
            source = checked.document.text_of(params.text_document.uri)
            if source is None:
                return []
            return shape_hints(checked, source, params.range, server.positions)

        return await server.answer(params.text_document.uri, make, [])

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=list(KINDS))
    )
    async def acted(params: types.CodeActionParams) -> list[types.CodeAction]:
        def make(checked: Checked) -> list[types.CodeAction]:
            return code_actions(checked, params, server.positions, server.pages, documents.fixed)

        return await server.answer(params.text_document.uri, make, [])

    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:
        del params
        server.worker.submit(_warm_up)


def _warm_up() -> None:
    """Import what a check needs before the first text is checked."""
    from bnnc.compiler import pipeline
    from bnnc.compiler.diagnostics.pages import BASE
    from bnnc.compiler.text.source import Source

    pipeline.plan(pipeline.check(Source("<warm-up>", BASE)))


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer the messages of a client until it ends the connection."""
    with TemporaryDirectory(prefix="bnnc-pages-", ignore_cleanup_errors=True) as folder:
        server = BnncServer(Path(folder))
        _add_documents(server)
        _add_answers(server)
        try:
            server.start_io(stdin, stdout)
        finally:
            server.worker.shutdown(wait=False, cancel_futures=True)
