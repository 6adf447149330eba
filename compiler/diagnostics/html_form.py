"""Findings as HTML, for a notebook."""

from __future__ import annotations

import html
from collections.abc import Sequence

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Severity
from bnnc.compiler.diagnostics.render import render, summary
from bnnc.printable import harmless

_COLORS: dict[Severity, str] = {
    "error": "#c62828",
    "warning": "#b26a00",
    "information": "#00708a",
}


def html_form(title: str, diagnostics: Sequence[Diagnostic]) -> str:
    """The findings as they are rendered for a terminal, and their number; all of it escaped."""
    found = [
        f'<pre style="border-left: 3px solid {_COLORS[one.severity]}; padding-left: 0.8em; '
        f'white-space: pre; overflow-x: auto">'
        f"{html.escape(render([one]))}</pre>"
        for one in diagnostics
    ]
    counted = summary(diagnostics) if diagnostics else "no findings"
    last = f"<p><b>{html.escape(harmless(title))}</b>, {html.escape(counted)}</p>"
    return "".join([*found, last])
