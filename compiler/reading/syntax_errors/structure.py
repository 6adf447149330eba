"""Mistakes between tokens: brackets, commas, and lines indented to no level."""

from __future__ import annotations

import re

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import counted, quoted
from bnnc.compiler.reading.findings.bnn001_yaml_syntax import yaml_syntax
from bnnc.compiler.reading.findings.bnn007_nested_too_deep import nested_too_deep
from bnnc.compiler.reading.syntax_errors.failure import Failure
from bnnc.compiler.reading.syntax_errors.keys import (
    LONGEST_KEY,
    end_of_document,
    is_end,
    long_key,
    no_dash_space,
)
from bnnc.compiler.reading.syntax_errors.tokens import PUT_IN_QUOTES
from bnnc.compiler.text.limits import MAX_DEPTH

_CLOSING = {"[": "]", "{": "}"}
# A bracket, or what may hold brackets that open nothing: quotes and comments.
_BRACKET_OR_TEXT = re.compile(r"""[\[{\]}]|"(?:\\.|[^"\\])*"|'[^']*'|#[^\r\n]*""")


def nesting(failure: Failure) -> Diagnostic:
    """More brackets than libyaml opens: it looks that far ahead before it tells of the first."""
    depth = failure.depth
    for found in _BRACKET_OR_TEXT.finditer(failure.text, failure.last.end, failure.at + 1):
        depth += (found[0] in "[{") - (found[0] in "]}")
        if depth > MAX_DEPTH:
            return nested_too_deep(failure.span(found.start()), MAX_DEPTH)
    return nested_too_deep(failure.span(failure.at), MAX_DEPTH)


def bracket(failure: Failure) -> Diagnostic | None:
    """A bracket that is not closed, or closed by another, or a comma that is missing."""
    opened = failure.since
    if opened is None or failure.text[opened : opened + 1] not in _CLOSING:
        opened = failure.open_bracket
    if opened is None:
        return None
    opening = failure.text[opened]
    closing = _CLOSING[opening]
    here, there = failure.line(failure.at), failure.line(opened)
    outdented = here > there and failure.indentation(here) <= failure.indentation(there)
    if failure.at_end or (outdented and failure.character not in ("]", "}")):
        related = (
            () if failure.at_end else (Label(failure.span(failure.at), "still inside the bracket"),)
        )
        return yaml_syntax(
            failure.span(opened),
            f"{quoted(opening)} is never closed",
            label="opened here",
            related=related,
            help=(f"write {quoted(closing)} after its last value",),
        )
    opening_label = (Label(failure.span(opened), "opened here"),)
    if failure.character in ("]", "}"):
        return yaml_syntax(
            failure.span(failure.at),
            f"{quoted(opening)} is closed by {quoted(failure.character)}",
            label=f"expected {quoted(closing)}",
            related=opening_label,
            help=(f"write {quoted(closing)} here, or close the inner bracket first",),
        )
    if failure.character == ":":
        if len(failure.before) > LONGEST_KEY:
            return long_key(failure)
        return yaml_syntax(
            failure.span(failure.at),
            "a comma is missing before this key",
            label="without a comma, YAML reads the text before it as one value",
            related=opening_label,
            help=("write a comma between a value and the next key; text with `: ` needs quotes",),
        )
    return yaml_syntax(
        failure.span(failure.at),
        "a comma is missing before this value",
        label=f"expected `,` or {quoted(closing)}",
        related=opening_label,
        help=("write a comma between two values",),
    )


def no_content(failure: Failure) -> Diagnostic | None:
    """Nothing where a value is expected."""
    character = failure.character
    if failure.open_bracket is not None and (failure.at_end or character in ("]", "}")):
        return bracket(failure)
    if character == ",":
        return yaml_syntax(
            failure.span(failure.at),
            "a value is missing before this comma",
            help=(f"write the value, or delete the comma; {PUT_IN_QUOTES}",),
        )
    return stray(failure)


def after_the_end(failure: Failure) -> Diagnostic | None:
    """Report text after a line of three dots, which ends the document."""
    here = failure.line(failure.at)
    dots = failure.previous_line(here)
    content = failure.content(dots) if dots else None
    if content is None or not is_end(content.text) or failure.at_end:
        return None
    return end_of_document(content, Label(failure.content(here), "bnnc does not read this"))


def stray(failure: Failure) -> Diagnostic | None:
    """Report text where only the next key, or nothing, is allowed."""
    character, before = failure.character, failure.before.rstrip()
    if character in ("]", "}"):
        return yaml_syntax(
            failure.span(failure.at),
            f"{quoted(character)} does not close any bracket",
            label="no bracket is open here",
            help=(f"delete it, or open a bracket before it; {PUT_IN_QUOTES}",),
        )
    if character == ":":
        return yaml_syntax(
            failure.span(failure.at),
            "a key is missing before this colon",
            help=(f"write `key: value`; {PUT_IN_QUOTES}",),
        )
    if character in ("&", "*"):
        return yaml_syntax(
            failure.span(failure.at),
            "a value can have only one anchor, and an alias cannot have an anchor",
            label="this one is not allowed",
            help=("delete one of the two",),
        )
    if before[-1:] in ("'", '"'):
        return _after_a_quote(failure, failure.at - len(failure.before) + len(before))
    if before:
        return yaml_syntax(
            failure.span(failure.at),
            "there is text after the end of a value",
            label="unexpected text",
            help=("delete it, or make it a comment with ` #` before it",),
        )
    return _indentation(failure)


def _after_a_quote(failure: Failure, end: int) -> Diagnostic:
    closed = Label(failure.span(end - 1), "closed here")
    began = failure.last.start
    if failure.last.end == end and failure.line(began) < failure.line(end):
        return yaml_syntax(
            failure.span(began),
            f"the text in these quotes continues to line {failure.line(end)}",
            label="opened here",
            related=(closed,),
            help=("close the quote on the line that opens it",),
        )
    return yaml_syntax(
        failure.span(failure.at),
        "there is text after the closing quote",
        label="outside the quotes",
        related=(closed,),
        help=(
            "put all the text inside the quotes; inside single quotes write a quote twice, and "
            'inside double quotes write `\\"`',
        ),
    )


def _indentation(failure: Failure) -> Diagnostic | None:
    line = failure.line(failure.at)
    here = failure.indentation(line)
    above = failure.previous_line(line)
    content = failure.content(line)
    if above is None or not content.text:
        return None
    if content.text.startswith("-") and not content.text.startswith(("- ", "--")):
        return no_dash_space(failure, content)
    if failure.indentation(above) != here:
        levels: list[int] = []
        line_above: int | None = above
        while line_above is not None:
            if not levels or failure.indentation(line_above) < levels[-1]:
                levels.append(failure.indentation(line_above))
            line_above = None if levels[-1] == 0 else failure.previous_line(line_above)
        if here not in levels:
            places = " or ".join(f"{level}" for level in reversed(levels[:4]))
            return yaml_syntax(
                failure.span(content.start),
                f"this line is indented by {counted(here, 'space')}, unlike all open levels above it",
                label="matches no open level",
                help=(f"indent it by {places} spaces, like the lines above",),
            )
    is_item = content.text.startswith("- ")
    return yaml_syntax(
        content,
        "a list item among keys" if is_item else "a key among list items",
        label="has the same indentation",
        help=(
            "indent it below the key of its list"
            if is_item
            else "write `- ` before it to make it an item, or indent it like the other keys of its "
            "mapping",
        ),
    )
