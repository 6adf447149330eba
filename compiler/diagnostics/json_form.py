"""Findings as a JSON document; its schema is `report.schema.json`.

Lines and columns are counted from 1, offsets from 0, all in characters (Unicode code points); an end
is the place behind the last character.
"""

from __future__ import annotations

import json
from typing import Any

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Fix
from bnnc.compiler.diagnostics.outcome import File, Outcome, valid_unicode
from bnnc.compiler.text.source import Span
from bnnc.version import VERSION

REPORT_VERSION = 1


def form(outcome: Outcome) -> str:
    """The document, in ASCII, so that no terminal and no encoding can spoil it."""
    document = {
        "version": REPORT_VERSION,
        "bnnc": VERSION,
        "files": [_file(file) for file in outcome.files],
        "diagnostics": [_diagnostic(one) for one in outcome.diagnostics],
        "summary": {
            "files": len(outcome.files),
            "unreadable": sum(file.status == "unreadable" for file in outcome.files),
            "errors": outcome.count("error"),
            "warnings": outcome.count("warning"),
            "information": outcome.count("information"),
        },
    }
    return json.dumps(document, indent=2)


def _file(file: File) -> dict[str, str]:
    known = {"file": valid_unicode(file.name), "status": file.status}
    return known | {"reason": valid_unicode(file.reason)} if file.reason else known


def _diagnostic(one: Diagnostic) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "severity": one.severity,
        "message": one.message,
        **_place(one.span),
        "label": one.label,
        "related": [{**_place(label.span), "label": label.text} for label in one.related],
        "notes": list(one.notes),
        "help": list(one.help),
        "fixes": [_fix(fix) for fix in one.fixes],
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "description": fix.description,
        "safe": fix.safe,
        "edits": [{**_place(edit.span), "replacement": edit.replacement} for edit in fix.edits],
    }


def _place(span: Span) -> dict[str, Any]:
    cell = {} if span.source.cell is None else {"cell": span.source.cell}
    return {
        "file": valid_unicode(span.source.name),
        **cell,
        "span": {"start": _position(span, span.start), "end": _position(span, span.end)},
    }


def _position(span: Span, offset: int) -> dict[str, int]:
    line, column = span.source.position(offset)
    return {"line": line, "column": column, "offset": offset}
