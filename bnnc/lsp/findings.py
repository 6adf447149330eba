"""Findings as diagnostics of the protocol."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lsprotocol import types

from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Severity
from bnnc.compiler.language.explained import rule_page
from bnnc.lsp.documents import Document, uri_of_path
from bnnc.lsp.positions import Positions
from bnnc.printable import harmless
from bnnc.system.writing import write_text

_SEVERITIES: dict[Severity, types.DiagnosticSeverity] = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "information": types.DiagnosticSeverity.Information,
}
# What a finding says has no effect, and can be deleted without a change of the model.
_FADED = ("has no effect", "silences nothing")


class Pages:
    """The pages of rules, as files that an editor opens from a finding's code.

    They are written when a rule first finds something, into a folder that lives as long as the
    server: the pages are those of this version, and no connection is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._uris: dict[str, str] = {}

    def uri(self, code: str) -> str:
        """Address of the page of a rule."""
        if code not in self._uris:
            path = self._folder / f"{code}.md"
            write_text(path, rule_page(rules()[code]) + "\n")
            self._uris[code] = uri_of_path(str(path))
        return self._uris[code]


def by_uri(
    document: Document, found: Iterable[Diagnostic], positions: Positions, pages: Pages
) -> dict[str, list[types.Diagnostic]]:
    """The findings of a document by the address of the text that each is in.

    The document and its cells are there even if nothing is found in them.
    """
    sorted_out: dict[str, list[types.Diagnostic]] = {
        uri: [] for uri in document.cells or (document.uri,)
    }
    for one in found:
        shown = diagnostic(document, one, positions, pages)
        sorted_out.setdefault(document.uri_of(one.span.source), []).append(shown)
    return sorted_out


def diagnostic(
    document: Document, one: Diagnostic, positions: Positions, pages: Pages
) -> types.Diagnostic:
    """A finding; its notes and its help are lines of the message, as `bnnc check` prints them."""
    lines = [one.message, *([one.label] if one.label else [])]
    lines += [f"note: {note}" for note in one.notes]
    lines += [f"help: {way_out}" for way_out in one.help]
    faded = one.severity != "error" and one.label in _FADED
    return types.Diagnostic(
        range=positions.range(one.span),
        message="\n".join(map(harmless, lines)),
        severity=_SEVERITIES[one.severity],
        code=one.code,
        code_description=types.CodeDescription(href=pages.uri(one.code)),
        source="bnnc",
        tags=[types.DiagnosticTag.Unnecessary] if faded else None,
        related_information=[
            types.DiagnosticRelatedInformation(
                location=types.Location(
                    uri=document.uri_of(label.span.source), range=positions.range(label.span)
                ),
                message=harmless(label.text),
            )
            for label in one.related
        ]
        or None,
    )
