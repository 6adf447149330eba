"""A client of `bnnc lsp` over standard input and output, for tests and benchmarks."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.client import LanguageClient

_CODE = """
import sys

class NoTensorFlow:
    def find_spec(self, name, path=None, target=None):
        if name in {"keras", "tensorflow", "tensorflow_probability"}:
            raise ImportError(f"a language server imports {name}")

sys.meta_path.insert(0, NoTensorFlow())
from bnnc.cli import main
main()
"""
SERVER = [sys.executable, "-c", _CODE, "lsp"]
# A hang is a failure; no test is about a time.
PATIENCE = 120

Answer = TypeVar("Answer")


class Client:
    """One server process, and what it published last for each text."""

    def __init__(self, encodings: list[types.PositionEncodingKind] | None = None) -> None:
        self._runner = asyncio.Runner()
        self._client = LanguageClient("bnnc-tests", "1")
        self.published: dict[str, types.PublishDiagnosticsParams] = {}
        self.counts: dict[str, int] = {}
        self._news = asyncio.Event()
        self.version = 0

        @self._client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.published[params.uri] = params
            self.counts[params.uri] = self.counts.get(params.uri, 0) + 1
            self._news.set()

        self._run(self._client.start_io(*SERVER))
        general = types.GeneralClientCapabilities(position_encodings=encodings)
        self.initialized = self._run(
            self._client.initialize_async(
                types.InitializeParams(capabilities=types.ClientCapabilities(general=general))
            )
        )
        self._client.initialized(types.InitializedParams())

    @property
    def process(self) -> Any:
        """The server's process."""
        return self._client._server

    def _run(self, call: Coroutine[Any, Any, Answer]) -> Answer:
        return self._runner.run(asyncio.wait_for(call, PATIENCE))

    def open(self, uri: str, text: str, language: str = "yaml") -> list[types.Diagnostic]:
        """Open a document, and return what is found in it."""
        self.version += 1
        document = types.TextDocumentItem(uri, language, self.version, text)
        self.published.pop(uri, None)
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(document))
        return self.found(uri)

    def change(self, uri: str, text: str, *, wait: bool = True) -> list[types.Diagnostic]:
        """Replace the text of a document, and return what is found in the new one."""
        self.version += 1
        self._client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.version, uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )
        return self.found(uri) if wait else []

    def close(self, uri: str) -> None:
        """Close a document."""
        self._client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
        )

    def found(self, uri: str, version: int | None = None) -> list[types.Diagnostic]:
        """What is found in the last version of a document, or in another one."""
        wanted = self.version if version is None else version

        def is_there() -> bool:
            known = self.published.get(uri)
            return known is not None and known.version is not None and known.version >= wanted

        self._run(self._until(is_there))
        return list(self.published[uri].diagnostics)

    def wait(self, is_there: Any) -> None:
        """Wait until something holds that findings which are published change."""
        self._run(self._until(is_there))

    async def _until(self, is_there: Any) -> None:
        while not is_there():
            self._news.clear()
            await self._news.wait()

    def hover(self, uri: str, line: int, character: int) -> str:
        """The text at a position; empty if there is none."""
        at = types.Position(line, character)
        params = types.HoverParams(types.TextDocumentIdentifier(uri), at)
        found = self._run(self._client.text_document_hover_async(params))
        if found is None:
            return ""
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value

    def complete(self, uri: str, line: int, character: int) -> dict[str, types.CompletionItem]:
        """What is offered at a position, by its label, in its order."""
        at = types.Position(line, character)
        params = types.CompletionParams(types.TextDocumentIdentifier(uri), at)
        found = self._run(self._client.text_document_completion_async(params))
        if found is None:
            return {}
        items = found.items if isinstance(found, types.CompletionList) else found
        return {one.label: one for one in items}

    def define(self, uri: str, line: int, character: int) -> types.Location | None:
        """Where the word at a position leads to."""
        at = types.Position(line, character)
        params = types.DefinitionParams(types.TextDocumentIdentifier(uri), at)
        found = self._run(self._client.text_document_definition_async(params))
        assert found is None or isinstance(found, types.Location)
        return found

    def hints(self, uri: str, last: int = 10_000) -> dict[int, str]:
        """The hints of a document by their lines."""
        whole = types.Range(types.Position(0, 0), types.Position(last, 0))
        params = types.InlayHintParams(types.TextDocumentIdentifier(uri), whole)
        found = self._run(self._client.text_document_inlay_hint_async(params))
        return {one.position.line: str(one.label) for one in found or ()}

    def actions(
        self, uri: str, within: types.Range, only: list[types.CodeActionKind | str] | None = None
    ) -> list[types.CodeAction]:
        """The actions in a range."""
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(uri), within, types.CodeActionContext([], only=only)
        )
        found = self._run(self._client.text_document_code_action_async(params))
        return [one for one in found or () if isinstance(one, types.CodeAction)]

    def notify(self, method: str, params: Any) -> None:
        """Send another notification."""
        self._client.protocol.notify(method, params)

    def stop(self) -> int:
        """End the server as editors do, and return its exit code."""

        async def end() -> int:
            await self._client.shutdown_async(None)
            self._client.exit(None)
            code: int = await self.process.wait()
            await self._client.stop()  # type: ignore[no-untyped-call]
            return code

        code = self._run(end())
        self._runner.close()
        return code


def uri(path: Path) -> str:
    """The address of a file."""
    return path.absolute().as_uri()
