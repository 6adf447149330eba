"""Mistakes around keys: a colon too many, without its space, too late, or missing."""

from __future__ import annotations

import re

from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Label
from bnnc.compiler.diagnostics.wording import quoted
from bnnc.compiler.reading.findings.bnn001_yaml_syntax import yaml_syntax
from bnnc.compiler.reading.syntax_errors.failure import Failure
from bnnc.compiler.reading.syntax_errors.tokens import PUT_IN_QUOTES, in_quotes
from bnnc.compiler.text.source import Span

# libyaml looks this far ahead for the colon of a key.
LONGEST_KEY = 1024

_COLON_WITHOUT_SPACE = re.compile(r"[ ]*(?:- +)*([A-Za-z_][\w.-]*):(?=[^\s:/])")


def colon(failure: Failure) -> Diagnostic | None:
    """A colon where no key can end."""
    line = failure.line(failure.at)
    if len(failure.before) > LONGEST_KEY:
        return long_key(failure)
    earlier = re.search(r":[ \t]+(?=\S)", failure.before)
    if earlier:
        value = failure.source.line(line)[earlier.end() :].strip()
        return yaml_syntax(
            failure.span(failure.at),
            "a line has a second colon",
            label="this one would start another mapping inside the value",
            help=(f"if the value is text, put it in quotes: {in_quotes(value)}",),
        )
    above = failure.previous_line(line)
    if above is None:
        return None
    if unspaced := _COLON_WITHOUT_SPACE.match(failure.source.line(above)):
        return no_space(failure, failure.source.line_starts[above - 1] + unspaced.end(1))
    text_above = failure.content(above)
    if text_above.text.startswith(("'", '"')) and ":" not in text_above.text:
        return yaml_syntax(
            text_above,
            "a key cannot span several lines",
            label=f"its colon is on line {line}",
            help=("write the key on one line, or close its quote",),
        )
    if is_end(text_above.text):
        return end_of_document(text_above)
    if not re.search(r":(?:\s|$)", text_above.text):
        if text_above.text.startswith("-") and not text_above.text.startswith("- "):
            return no_dash_space(failure, text_above)
        if not text_above.text.startswith("-"):
            return yaml_syntax(
                text_above,
                "a key has no colon",
                label=f"YAML reads line {line} as a part of it",
                help=(f"write {quoted(text_above.text + ':')}, or make it a comment with `# `",),
            )
    if failure.indentation(line) > failure.indentation(above):
        return yaml_syntax(
            failure.content(line),
            "this line is indented below a line that already has a value",
            label=f"YAML reads it as a part of line {above}",
            related=(Label(text_above, "already has its value here"),),
            help=(
                f"start it in the same column as line {above}, or, if it belongs inside, end "
                f"line {above} after its colon",
            ),
        )
    return None


def is_end(line: str) -> bool:
    """Whether a line is the three dots that end a document, as people write for "and so on"."""
    return re.match(r"\.\.\.(?:\s|$)", line) is not None


def end_of_document(content: Span, *related: Label) -> Diagnostic:
    """Report three dots on their own line, with more text after them."""
    line, column = content.position
    ends = column == 1
    return yaml_syntax(
        content,
        f"`...` {'ends the document, but more text follows' if ends else 'has no meaning in YAML'}",
        label="bnnc does not read the text after it" if ends else "YAML reads it as text",
        related=related,
        help=(f"delete line {line}",),
    )


def no_dash_space(failure: Failure, content: Span) -> Diagnostic:
    """A dash that begins no list item."""
    return yaml_syntax(
        failure.span(content.start),
        "a space is missing after the dash",
        label="without a space this is not a list item",
        help=(f"write {quoted('- ' + content.text[1:])}",),
    )


def colon_in_brackets(failure: Failure) -> Diagnostic | None:
    """Report a colon in brackets, followed by a character that cannot be part of the key."""
    if failure.character != ":":
        return None
    return yaml_syntax(
        failure.span(failure.at),
        "a space is missing after the colon",
        label="without a space this is text, not a key",
        help=("write `key: value`, with a space after the colon",),
    )


def no_colon(failure: Failure) -> Diagnostic | None:
    """A line that begins like a key and has no colon."""
    if failure.since is None:
        return None
    line = failure.line(failure.since)
    if failure.at - failure.since > LONGEST_KEY:
        return long_key(failure)
    if unspaced := _COLON_WITHOUT_SPACE.match(failure.source.line(line)):
        return no_space(failure, failure.source.line_starts[line - 1] + unspaced.end(1))
    if is_end(failure.content(line).text):
        return end_of_document(failure.content(line))
    above = failure.previous_line(line)
    more = (f"; if it continues line {above}, indent it more than that line",) if above else ("",)
    return yaml_syntax(
        failure.content(line),
        "a key has no colon",
        label="this is neither `key: value` nor `- item`",
        help=(f"write `key: value`{more[0]}",),
    )


def long_key(failure: Failure) -> Diagnostic:
    """A colon too far from where its key begins."""
    return yaml_syntax(
        failure.span(failure.at),
        f"a key has more than {LONGEST_KEY:,} characters",
        label="the colon is too far from the start of the key",
        help=("shorten the key, or close the quote or bracket before it",),
    )


def no_space(failure: Failure, colon: int) -> Diagnostic:
    """Report a colon without a space after it."""
    line = failure.content(failure.line(colon)).text
    key, value = line.split(":", 1)
    return yaml_syntax(
        failure.span(colon),
        "a space is missing after the colon",
        label="without a space this is text, not a key",
        help=(f"write {quoted(f'{key}: {value}')}",),
    )


def list_on_the_line(failure: Failure) -> Diagnostic:
    """Report a dash after the colon of a key."""
    return yaml_syntax(
        failure.span(failure.at),
        "a list cannot start on the line of its key",
        label="list item",
        help=(
            "write each `- item` on its own line, or write the list in brackets: `[first, second]`",
        ),
    )


def question_mark(failure: Failure) -> Diagnostic:
    """A question mark that would begin a key."""
    return yaml_syntax(
        failure.span(failure.at),
        "a question mark and a space start a key, and no key is allowed here",
        help=(f"{PUT_IN_QUOTES}: `'?'`",),
    )
