"""Mistakes inside one token: a tab, a reserved character, a quote, an escape, a name, a tag."""

from __future__ import annotations

import re

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.reading.findings.bnn001_yaml_syntax import yaml_syntax
from bnnc.compiler.reading.syntax_errors.failure import Failure
from bnnc.compiler.text.source import Span

PUT_IN_QUOTES = "if it is text, put it in quotes"


def bad_start(failure: Failure) -> Diagnostic | None:
    """A character that no value begins with."""
    character = failure.character
    if character == "\t":
        return tab(failure)
    # The value goes on to a comment or the line's end, in brackets to a comma or a bracket too.
    stops = r"\r\n" if failure.open_bracket is None else r",\[\]{}\r\n"
    value = re.compile(rf"(?:(?!\s+#)[^{stops}])*").match(failure.text, failure.at)
    return yaml_syntax(
        failure.span(failure.at),
        f"a value cannot begin with {quoted(character)}",
        label="YAML reserves this character",
        help=(f"put the value in quotes: {in_quotes(value[0].rstrip() if value else character)}",),
    )


def tab(failure: Failure) -> Diagnostic | None:
    """Report a tab where only spaces are allowed."""
    start = failure.at
    if not failure.text.startswith("\t", start):
        return None
    end = start + len(failure.text[start:]) - len(failure.text[start:].lstrip("\t"))
    in_front = failure.before.strip(" \t") == ""
    return yaml_syntax(
        Span(failure.source, start, end),
        "a tab indents this line" if in_front else "there is a tab where YAML needs a space",
        label="tab",
        notes=("YAML allows no tabs here, because editors show them with different widths",),
        help=("use spaces instead, usually two for each level",),
    )


def open_quote(failure: Failure) -> Diagnostic | None:
    """A quote without its end."""
    if failure.since is None:
        return None
    quote = failure.text[failure.since : failure.since + 1]
    return yaml_syntax(
        failure.span(failure.since),
        "this quote is never closed",
        label=f"no {quoted(quote)} after it ends the text",
        help=(f"close the text with {quoted(quote)}",),
    )


def escape(failure: Failure) -> Diagnostic | None:
    """Report a backslash in double quotes that does not start an escape."""
    text, at = failure.text, failure.at
    start = text.rfind("\\", max(0, at - 2), at + 1)
    if start == -1:
        return None
    digits = {"x": 2, "u": 4, "U": 8}.get(text[start + 1 : start + 2])
    written = re.compile(r"\\(?:[xuU][0-9a-fA-F]*|.|$)", re.DOTALL).match(text, start)
    if digits is None or written is None:
        return yaml_syntax(
            failure.span(start, 2),
            f"{quoted(text[start : start + 2])} is not an escape of YAML",
            label="in double quotes, a backslash starts an escape",
            help=("write `\\\\` for a backslash, or use single quotes, where `\\` is a backslash",),
        )
    code = written[0][2 : 2 + digits]
    if len(code) < digits:
        return yaml_syntax(
            Span(failure.source, start, max(written.end(), start + 2)),
            f"{quoted(text[start : start + 2])} needs {digits} hexadecimal digits",
            label=f"this one has {len(code)}",
            help=("write `\\\\` for a backslash, or use single quotes, where `\\` is a backslash",),
        )
    span = failure.span(start, 2 + digits)
    if int(code, 16) <= 0xFFFF:
        return yaml_syntax(
            span,
            f"{quoted(span.text)} is half of a character",
            label="the other half is missing",
            help=("write the character itself, or both halves as in `\\ud83d\\ude00`",),
        )
    return yaml_syntax(
        span,
        f"{quoted(span.text)} is not a character",
        help=("write at most `\\U0010FFFF`, the last character of Unicode",),
    )


def name(failure: Failure) -> Diagnostic | None:
    """An anchor or alias without a name, or with a name that cannot be."""
    if failure.since is None:
        return None
    sign = failure.text[failure.since : failure.since + 1]
    what = "an alias" if sign == "*" else "an anchor"
    return yaml_syntax(
        failure.span(failure.since, max(failure.at - failure.since, 0) + 1),
        f"{quoted(sign)} starts {what}, and no name follows"
        if failure.at == failure.since + 1
        else f"{quoted(failure.character)} is not allowed in the name of {what}",
        help=(f"use letters, digits, `-` and `_` in names; {PUT_IN_QUOTES}",),
    )


def tag(failure: Failure) -> Diagnostic | None:
    """An exclamation mark that begins no tag."""
    start = failure.since if failure.since is not None else failure.at
    if not failure.text.startswith("!", start):
        return None
    word = re.compile(r"\S*").match(failure.text, start)
    return yaml_syntax(
        Span(failure.source, start, word.end() if word else start + 1),
        "an exclamation mark starts a tag, and a spec cannot have tags",
        help=(f"delete it; {PUT_IN_QUOTES}",),
    )


def block_header(failure: Failure) -> Diagnostic | None:
    """Something behind the `|` or `>` of a block of text."""
    if failure.character == "\t" and failure.before.strip() == "":
        return tab(failure)
    sign = failure.text[failure.since : failure.since + 1] if failure.since is not None else ""
    if sign not in ("|", ">"):
        return None
    return yaml_syntax(
        failure.span(failure.at),
        f"no text is allowed on the line of {quoted(sign)}",
        label="unexpected text",
        help=(
            f"write the text on the next line, indented; if {quoted(sign)} is text, put it in quotes",
        ),
    )


def directive(failure: Failure) -> Diagnostic:
    """A line that begins with a percent sign."""
    start = failure.since if failure.since is not None else failure.at
    return yaml_syntax(
        failure.content(failure.line(start)),
        "a line that starts with `%` is a directive, and this one is unknown",
        help=("delete the line; for a comment, write `#`",),
    )


def in_quotes(text: str) -> str:
    """The text as YAML has it in single quotes, cropped, for a message."""
    escaped_quotes = text[:40].replace("'", "''")
    return quoted(f"'{escaped_quotes}{'...' if len(text) > 40 else ''}'")
