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
        related = () if failure.at_end else (Label(failure.span(failure.at), "still inside it"),)
        return yaml_syntax(
            failure.span(opened),
            f"{quoted(opening)} is never closed",
            label="opened here",
            related=related,
            help=(f"write {quoted(closing)} behind its last value",),
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
            label="the value before goes on up to this colon",
            related=opening_label,
            help=("put a comma between one value and the next key; text with `: ` needs quotes",),
        )
    return yaml_syntax(
        failure.span(failure.at),
        "a comma is missing before this value",
        label=f"expected `,` or {quoted(closing)}",
        related=opening_label,
        help=("put a comma between one value and the next",),
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
    """Text behind a line of three dots, which ends the document."""
    here = failure.line(failure.at)
    dots = failure.previous_line(here)
    content = failure.content(dots) if dots else None
    if content is None or not is_end(content.text) or failure.at_end:
        return None
    return end_of_document(content, Label(failure.content(here), "not read"))


def stray(failure: Failure) -> Diagnostic | None:
    """Something that stands where only the next key, or nothing, could stand."""
    character, before = failure.character, failure.before.rstrip()
    if character in ("]", "}"):
        return yaml_syntax(
            failure.span(failure.at),
            f"{quoted(character)} closes nothing",
            label="no bracket is open here",
            help=(f"delete it, or open the bracket before; {PUT_IN_QUOTES}",),
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
            "a value has one anchor, and an alias has none",
            label="one too many",
            help=("delete one of the two",),
        )
    if before[-1:] in ("'", '"'):
        return _behind_a_quote(failure, failure.at - len(failure.before) + len(before))
    if before:
        return yaml_syntax(
            failure.span(failure.at),
            "something stands behind a value that has ended",
            label="not expected here",
            help=("delete it, or make it a comment with ` #` before it",),
        )
    return _indentation(failure)


def _behind_a_quote(failure: Failure, end: int) -> Diagnostic:
    closed = Label(failure.span(end - 1), "closed here")
    began = failure.last.start
    if failure.last.end == end and failure.line(began) < failure.line(end):
        return yaml_syntax(
            failure.span(began),
            f"the text in these quotes goes on to line {failure.line(end)}",
            label="opened here",
            related=(closed,),
            help=("close the quote on the line where it is opened",),
        )
    return yaml_syntax(
        failure.span(failure.at),
        "text goes on after the closing quote",
        label="outside the quotes",
        related=(closed,),
        help=(
            "put all of the text inside the quotes; a quote inside is written twice in single "
            'quotes, and as `\\"` in double quotes',
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
                f"this line is indented by {counted(here, 'space')}, and no line above it is",
                label="belongs to no level that is open here",
                help=(f"indent it by {places} spaces, as lines above are",),
            )
    is_item = content.text.startswith("- ")
    return yaml_syntax(
        content,
        "a list item among keys" if is_item else "a key among list items",
        label="indented as if it belonged there",
        help=(
            "indent it below the key whose list it belongs to"
            if is_item
            else "begin it with `- ` to make it an item, or indent it as the key that it belongs to",
        ),
    )
