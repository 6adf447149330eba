"""Findings as workflow commands of GitHub Actions.

References: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands;
the escapes are those of the runner's own toolkit.
"""

from __future__ import annotations

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Severity
from bnnc.compiler.diagnostics.outcome import Outcome, valid_unicode
from bnnc.compiler.diagnostics.render import summary
from bnnc.compiler.text.source import Source, Span
from bnnc.printable import harmless

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "information": "notice"}


def form(outcome: Outcome) -> str:
    """One command a line, and a last line for the log with the total.

    GitHub shows ten of each kind a step, so what refuses to compile comes first. The total is plain
    text: as a command it would take the place of a finding.
    """
    lines = [
        _command("error", {"title": "file cannot be checked"}, file.reason)
        for file in outcome.files
        if file.status == "unreadable"
    ]
    for severity, command in _COMMANDS.items():
        for one in outcome.diagnostics:
            if one.severity == severity:
                lines.append(_command(command, _properties(one, outcome), _message(one)))
    total = summary(outcome.diagnostics) if outcome.diagnostics else "no findings"
    return "\n".join([*lines, f"{outcome.checked} checked, {total}"])


def _command(name: str, properties: dict[str, object], message: str) -> str:
    written = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {written}::{_data(message)}"


def _properties(one: Diagnostic, outcome: Outcome) -> dict[str, object]:
    title = f"{one.code} {one.name}"
    if not one.span.source.is_file:
        return {"title": title}
    return {"file": outcome.from_root(one.span.source.name), **_place(one.span), "title": title}


def _place(span: Span) -> dict[str, object]:
    """Lines, and columns where both lines are one: the runner refuses columns otherwise.

    A line of a notebook's cell is no line of its file: it is named by the message.
    """
    if span.source.cell is not None:
        return {"line": 1, "endLine": 1}
    line, column = span.position
    last = span.source.position(max(span.start, span.end - 1))[0]
    if last > line:
        return {"line": line, "endLine": last}
    end_column = column + max(span.end - span.start, 0)
    return {"line": line, "endLine": line, "col": column, "endColumn": end_column}


def _message(one: Diagnostic) -> str:
    """The place again, which the log does not show otherwise, and all that the text form says."""
    marks = [(one.span, one.label)] if one.label else []
    marks += [(label.span, label.text) for label in one.related]
    lines = [f"{_named_place(one.span)}: {one.message}"]
    lines += [f"{_line(span, one.span.source)}: {text}" for span, text in marks]
    lines += [f"note: {note}" for note in one.notes]
    lines += [f"help: {way_out}" for way_out in one.help]
    return "\n".join(harmless(line) for text in lines for line in text.split("\n"))


def _named_place(span: Span) -> str:
    line, column = span.position
    return f"{valid_unicode(span.source.title)}:{line}:{column}"


def _line(span: Span, own: Source) -> str:
    """The line of a place; one in another file than the finding's own is named by its file."""
    line = f"line {span.position[0]}"
    return line if span.source == own else f"{valid_unicode(span.source.title)}, {line}"


def _data(text: str) -> str:
    # The percent sign first: the others are escaped by it.
    return valid_unicode(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
