"""Findings as SARIF 2.1.0, for code scanning and editors.

References: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any
from urllib.parse import quote

from bnnc.compiler.diagnostics.catalog import Rule, rules
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Edit, Fix, Severity
from bnnc.compiler.diagnostics.outcome import Outcome, valid_unicode
from bnnc.compiler.text.source import Span
from bnnc.version import VERSION

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"

_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "information": "note"}
_WHAT_IT_DOES = re.compile(r"^## What it does\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def form(outcome: Outcome) -> str:
    """One log with one run, in ASCII."""
    # The pages of the rules that found something; all of them would be most of the document.
    codes = sorted({one.code for one in outcome.diagnostics})
    run = {
        "tool": {
            "driver": {
                "name": "bnnc",
                "version": VERSION,
                "rules": [_rule(rules()[code]) for code in codes],
            }
        },
        "invocations": [_invocation(outcome)],
        "columnKind": "unicodeCodePoints",
        # What YAML takes for the end of a line; lines are counted by these.
        "newlineSequences": ["\r\n", "\r", "\n"],
        "results": [_result(one, codes.index(one.code), outcome) for one in outcome.diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(rule: Rule) -> dict[str, Any]:
    page = rule.page
    title = page.partition("\n")[0]
    described = _WHAT_IT_DOES.search(page)
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": title},
        "fullDescription": {"text": described[1].strip() if described else title},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _invocation(outcome: Outcome) -> dict[str, Any]:
    unreadable = [file for file in outcome.files if file.status == "unreadable"]
    return {
        "executionSuccessful": not unreadable,
        "exitCode": outcome.exit_code,
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": valid_unicode(file.reason)}}
            for file in unreadable
        ],
    }


def _result(one: Diagnostic, rule_index: int, outcome: Outcome) -> dict[str, Any]:
    lines = [_cell(one.span) + one.message]
    lines += [f"note: {note}" for note in one.notes]
    lines += [f"help: {way_out}" for way_out in one.help]
    result = {
        "ruleId": one.code,
        "ruleIndex": rule_index,
        "level": _LEVELS[one.severity],
        "message": {"text": "\n".join(lines)},
        "locations": [_location(one.span, one.label, outcome)],
    }
    if one.related:
        result["relatedLocations"] = [
            {"id": number, **_location(label.span, label.text, outcome)}
            for number, label in enumerate(one.related, start=1)
        ]
    if one.fixes:
        result["fixes"] = [_fix(fix, outcome) for fix in one.fixes]
    return result


def _location(span: Span, text: str, outcome: Outcome) -> dict[str, Any]:
    place = {"artifactLocation": _artifact(span, outcome), "region": _region(span)}
    location: dict[str, Any] = {"physicalLocation": place}
    text = _cell(span) + text if text else text
    return location | {"message": {"text": text}} if text else location


def _artifact(span: Span, outcome: Outcome) -> dict[str, str]:
    """A URI, relative to the root where the file lies below it."""
    name = span.source.name
    path = outcome.from_root(name) if span.source.is_file else name
    uri = quote(os.fsencode(path))
    return {"uri": f"file://{uri}" if path.startswith("/") else uri}


def _region(span: Span) -> dict[str, int]:
    """Counted from 1; the end column is that behind the last character, as in SARIF.

    A line of a notebook's cell is no line of its file: it is named by the message.
    """
    if span.source.cell is not None:
        return {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}
    (start_line, start_column), (end_line, end_column) = (
        span.position,
        span.source.position(span.end),
    )
    return {
        "startLine": start_line,
        "startColumn": start_column,
        "endLine": end_line,
        "endColumn": end_column,
    }


def _cell(span: Span) -> str:
    """The place in a notebook, before a message; empty in other files."""
    line, column = span.position
    return "" if span.source.cell is None else f"cell {span.source.cell}:{line}:{column}: "


def _fix(fix: Fix, outcome: Outcome) -> dict[str, Any]:
    by_file: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        by_file.setdefault(edit.span.source.name, []).append(edit)
    # SARIF has no word for it, and what applies fixes shows their description.
    warning = "" if fix.safe else " (changes the model)"
    return {
        "description": {"text": fix.description + warning},
        "properties": {"safe": fix.safe},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(edits[0].span, outcome),
                "replacements": [
                    {
                        "deletedRegion": _region(edit.span),
                        "insertedContent": {"text": edit.replacement},
                    }
                    for edit in edits
                ],
            }
            for edits in by_file.values()
        ],
    }
