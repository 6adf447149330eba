"""Find the comments of a text."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

import yaml

from bnnc.compiler.reading.prepare import prepare
from bnnc.compiler.reading.reader import EVENT_LOADER
from bnnc.compiler.text.source import Source, Span, is_script

_COMMENT = re.compile(r"#[^\r\n]*")
_LINE_END = re.compile(r"[\r\n]|\Z")


def comments(source: Source) -> Iterator[Span]:
    """Every comment, from its `#` to the end of its line, in the order of the text.

    The scanner says what is not a comment: a `#` in quotes, in a block of text, or inside a word.
    A text that the scanner refuses has the comments before that place. JSON has none.
    """
    if is_script(source):
        yield from _of_script(source)
        return
    byte_order_mark = len(source.text) - len(source.text.removeprefix("\ufeff"))
    end = 0
    for start, next_end in _tokens(source.text[byte_order_mark:]):
        yield from _between(source, end + byte_order_mark, start + byte_order_mark)
        end = max(end, next_end)


def _of_script(source: Source) -> Iterator[Span]:
    """The comments of a Python script, as far as Python's tokenizer reads it."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text, newline=None).readline):
            if token.type == tokenize.COMMENT:
                start = source.line_starts[token.start[0] - 1] + token.start[1]
                yield Span(source, start, start + len(token.string))
    except (tokenize.TokenError, SyntaxError):
        return


def _between(source: Source, start: int, end: int) -> Iterator[Span]:
    for found in _COMMENT.finditer(source.text, start, end):
        yield Span(source, *found.span())


def _tokens(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each token; the last one is the end of what can be read."""
    last = 0
    try:
        for token in yaml.scan(prepare(text).text, Loader=EVENT_LOADER):
            start, end = token.start_mark.index, token.end_mark.index
            if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
                # The line of the sign itself may end in a comment; the text begins below it.
                line_end = _LINE_END.search(text, start, end)
                start = line_end.start() if line_end else end
            yield start, end
            last = end
    except yaml.YAMLError:
        yield last, last
