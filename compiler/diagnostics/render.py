"""Render findings as text in the style of rustc: the source line, with carets under it.

Control characters in the user's text are escaped, so that a spec cannot write to the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import click

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Severity
from bnnc.compiler.diagnostics.snippet import Mark, Role, Row, snippet
from bnnc.compiler.diagnostics.wording import counted
from bnnc.compiler.text.source import Source
from bnnc.printable import harmless
from bnnc.system.wrapping import wrapped

Paint = Callable[[str, Role], str]

_SEVERITY_COLORS: dict[Severity, str] = {
    "error": "red",
    "warning": "yellow",
    "information": "cyan",
}


def render(
    diagnostics: Iterable[Diagnostic], *, color: bool = False, columns: int | None = None
) -> str:
    """Render findings with their source lines, notes and help, separated by empty lines.

    Messages, notes and help are wrapped at `columns`. Columns are counted in terminal cells: East
    Asian wide characters take two, combining characters take none. The text has no newline at its
    end.
    """
    return "\n\n".join(_render_one(diagnostic, color, columns) for diagnostic in diagnostics)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """Count the findings by severity, such as `2 errors and 1 warning in 1 file`."""
    found = tuple(diagnostics)
    if not found:
        return "no errors and no warnings"
    nouns: dict[Severity, str] = {
        "error": "error",
        "warning": "warning",
        "information": "remark",
    }
    counts = [
        counted(count, noun)
        for severity, noun in nouns.items()
        if (count := sum(diagnostic.severity == severity for diagnostic in found))
    ]
    listed = " and ".join(filter(None, (", ".join(counts[:-1]), counts[-1])))
    sources = {diagnostic.span.source.name: diagnostic.span.source for diagnostic in found}
    files = sum(not source.is_setting for source in sources.values())
    return f"{listed} in {counted(files, 'file')}" if files else listed


def _plain(text: str, role: Role) -> str:
    return text


def _colored(text: str, role: Role, severity: Severity) -> str:
    match role:
        case "primary":
            return click.style(text, fg=_SEVERITY_COLORS[severity], bold=True)
        case "gutter" | "secondary":
            return click.style(text, fg="blue", bold=True)
        case "strong":
            return click.style(text, bold=True)
        case "text":
            return text


def _render_one(diagnostic: Diagnostic, color: bool, columns: int | None) -> str:
    paint: Paint = partial(_colored, severity=diagnostic.severity) if color else _plain
    primary = Mark.of(diagnostic.span, diagnostic.label, "primary")
    marks = [primary] + [Mark.of(one.span, one.text, "secondary") for one in diagnostic.related]
    # The file of the finding comes first, then the others in the order of the labels.
    sources: dict[int, Source] = {id(mark.source): mark.source for mark in marks}
    digits = max(len(str(mark.line)) for mark in marks)
    margin = " " * (digits + 1)
    room = None if columns is None else columns - len(f"{margin}| ")
    head = f"{diagnostic.severity}[{diagnostic.code}]"
    message = wrapped(f"{head}: {harmless(diagnostic.message)}", columns, indent="  ")
    lines = [paint(head, "primary") + paint(message[len(head) :], "strong")]
    for source in sources.values():
        own = [mark for mark in marks if mark.source is source]
        arrow = "-->" if source is primary.source else ":::"
        line, column = own[0].position
        place = f"{harmless(source.title)}:{line}:{column}"
        lines += [f" {paint(arrow, 'gutter')} {place}"]
        if not source.is_shown:
            continue
        lines += [margin + paint("|", "gutter")]
        for number, row in snippet(own, room):
            shown = f"{number or '':>{digits}} |"
            lines.append(f"{paint(shown, 'gutter')} {_paint_row(row, paint)}".rstrip())
    for kind, texts in (("note", diagnostic.notes), ("help", diagnostic.help)):
        for text in texts:
            # The further lines of a note are indented to its first word.
            width = None if columns is None else columns - len(f"{margin}= {kind}: ")
            shown = "\n".join(map(harmless, text.split("\n")))
            first, *more = wrapped(shown, width).split("\n")
            lines.append(f"{margin}{paint('=', 'gutter')} {paint(f'{kind}:', 'strong')} {first}")
            lines += [f"{margin}  {' ' * len(kind)}  {line}".rstrip() for line in more]
    return "\n".join(lines)


def _paint_row(row: Row, paint: Paint) -> str:
    painted, column = [], 0
    for start, text, role in row:
        painted.append(" " * (start - column) + paint(text, role))
        column = start + len(text)
    return "".join(painted)
