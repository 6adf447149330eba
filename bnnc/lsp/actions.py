"""Fixes as code actions, and all safe ones at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from lsprotocol import types

from bnnc.compiler.checking.fixes import Fixed
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.source import Source, Span
from bnnc.lsp.documents import Checked, Document
from bnnc.lsp.findings import Pages, diagnostic
from bnnc.lsp.positions import Positions
from bnnc.printable import harmless

FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.bnnc"
KINDS = (types.CodeActionKind.QuickFix.value, FIX_ALL)

_COMMENT = re.compile(r"(?:^|[ \t])#")


def code_actions(
    checked: Checked,
    params: types.CodeActionParams,
    positions: Positions,
    pages: Pages,
    fixed: Callable[[Checked], Fixed],
) -> list[types.CodeAction]:
    """The fixes of the findings in a range, then the fix of all, as far as they are asked for.

    `fixed` applies all fixes that keep the model.
    """
    document = checked.document
    source = document.text_of(params.text_document.uri)
    if source is None or document.kind != "spec":  # fixes are edits of a spec
        return []
    only = params.context.only
    found: list[types.CodeAction] = []
    if _wanted(KINDS[0], only):
        start = positions.offset(source, params.range.start)
        end = positions.offset(source, params.range.end)
        for one in checked.report.diagnostics:
            if one.span.source == source and one.span.start <= end and start <= one.span.end:
                shown = diagnostic(document, one, positions, pages)
                found += _fixes(document, one, shown, positions)
    if _wanted(FIX_ALL, only):
        found += _fix_all(checked, fixed(checked), positions)
    return found


def _wanted(kind: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Whether a client asks for a kind of actions: for all, for it, or for one that it belongs to."""
    if only is None:
        return kind != FIX_ALL  # as a lamp beside a line; on saving, editors name it
    asked = [one.value if isinstance(one, types.CodeActionKind) else one for one in only]
    return any(one == "" or kind == one or kind.startswith(f"{one}.") for one in asked)


def _fixes(
    document: Document, found: Diagnostic, shown: types.Diagnostic, positions: Positions
) -> Iterator[types.CodeAction]:
    own = [one for one in found.fixes if one.edits_only(document.source)]
    for number, one in enumerate(own):
        words = harmless(one.description)
        edits = [
            types.TextEdit(positions.range(edit.span), edit.replacement)
            for edit in sorted(one.edits, key=lambda edit: edit.span.start)
        ]
        yield types.CodeAction(
            title=f"{found.code}: {words}" + ("" if one.safe else " (changes the model)"),
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[shown],
            is_preferred=number == 0 and one.safe,
            edit=_edit_of(document, edits),
        )
    if found.severity != "error":
        edit = _ignoring(found)
        if edit is not None:
            yield types.CodeAction(
                title=f"{found.code}: ignore it in this line",
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[shown],
                edit=_edit_of(document, [types.TextEdit(positions.range(edit[0]), edit[1])]),
            )


def _ignoring(found: Diagnostic) -> tuple[Span, str] | None:
    """A comment that silences a warning, and its place; None where a comment is there already."""
    source = found.span.source
    line = source.line(found.span.position[0])
    is_json = source.text.lstrip().startswith("{") and source.name.endswith(".json")
    if is_json or _COMMENT.search(line) or not line.strip():
        return None
    end = source.line_starts[found.span.position[0] - 1] + len(line)
    return Span(source, end, end), f"  # bnnc: ignore[{found.code}]"


def _fix_all(checked: Checked, fixed: Fixed, positions: Positions) -> list[types.CodeAction]:
    """The action that applies every safe fix, as `bnnc check --fix` does."""
    before = checked.report.source
    if not fixed.applied:
        return []
    edit = difference(before, fixed.source.text)
    return [
        types.CodeAction(
            title="bnnc: apply all fixes that keep the model",
            kind=FIX_ALL,
            edit=_edit_of(checked.document, [types.TextEdit(positions.range(edit[0]), edit[1])]),
        )
    ]


def difference(before: Source, after: str) -> tuple[Span, str]:
    """The one edit that makes one text of another, without what both begin and end with."""
    start = _common_length(before.text, after)
    # A line feed belongs to the carriage return before it.
    start -= start > 0 and before.text[start - 1] == "\r"
    behind = _common_length(before.text[start:][::-1], after[start:][::-1])
    end = len(before.text) - behind
    if before.text[end - 1 : end + 1] == "\r\n":
        end, behind = end + 1, behind - 1
    return Span(before, start, end), after[start : len(after) - behind]


def _common_length(one: str, other: str) -> int:
    """How many characters both texts begin with."""
    pairs = zip(one, other, strict=False)
    shorter = min(len(one), len(other))
    return next((number for number, (a, b) in enumerate(pairs) if a != b), shorter)


def _edit_of(document: Document, edits: list[types.TextEdit]) -> types.WorkspaceEdit:
    identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    return types.WorkspaceEdit(
        document_changes=[types.TextDocumentEdit(text_document=identifier, edits=list(edits))]
    )
