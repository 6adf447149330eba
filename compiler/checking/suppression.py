"""Apply `# bnnc: ignore[CODE]` comments, and report comments without effect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bnnc.compiler.checking.findings.bnn602_unknown_code_in_ignore_comment import (
    unknown_code_in_ignore_comment,
)
from bnnc.compiler.checking.findings.bnn603_ignore_comment_silences_nothing import (
    Reason,
    ignore_comment_silences_nothing,
)
from bnnc.compiler.diagnostics.catalog import Rule, rules
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.diagnostics.selection import name_like
from bnnc.compiler.reading.comments import comments
from bnnc.compiler.text.source import Source, Span

_IGNORE = re.compile(r"#[ \t]*bnnc:[ \t]*ignore\b(?:[ \t]*\[([^\[\]\r\n]*)\])?", re.IGNORECASE)
_WORD = re.compile(r"[^,\s](?:[^,]*[^,\s])?")
# The findings about comments: a comment that ignores one of them is looked at after the others.
_ABOUT_COMMENTS = frozenset({"BNN602", "BNN603"})

MOST_GUESSES = 100
"""Unknown codes that the one that was meant is looked for: each takes a good part of a
millisecond, and who has more of them has not mistyped them."""


@dataclass(frozen=True, slots=True)
class _Word:
    """One code in the brackets of a comment; the comment too, where it has no other."""

    span: Span
    line: int
    rule: Rule | None
    whole_comment: Span | None

    def has_no_effect(self, reason: Reason) -> Diagnostic:
        return ignore_comment_silences_nothing(self.span, reason, whole_comment=self.whole_comment)


def apply_suppressions(
    source: Source,
    found: tuple[Diagnostic, ...],
    bases: Iterable[Source] = (),
    *,
    is_overridden: bool = False,
) -> tuple[Diagnostic, ...]:
    """The findings without those that a comment on their line silences.

    Errors stay, with a note. Comments that name no rule or silence nothing are findings themselves,
    which a comment may silence in turn. A comment in a file that is extended, one of `bases`, counts
    for what is found there; if it silences nothing, it may do so in another spec. And where
    settings count over the text, it may do so without them.
    """
    for base in bases:
        if _IGNORE.search(base.text):
            found = tuple(_silence(found, _read(base)[0])[0])
    if not _IGNORE.search(source.text):
        return found
    words, nameless = _read(source)
    # A rule may not have been asked, or what it finds may be hidden, where there are errors.
    asked = not is_overridden and all(one.severity != "error" for one in found)
    kept, used = _silence(found, words)
    about = list(nameless)
    beginnings = frozenset(code[:length] for code in rules() for length in range(1, len(code)))
    guesses = MOST_GUESSES
    for word in words:
        if word.rule is None:
            is_prefix = word.span.text.upper() in beginnings
            about.append(_unknown(word, is_prefix=is_prefix, guess=guesses > 0))
            guesses -= 1
        elif word.rule.severity == "error":
            about.append(word.has_no_effect("error"))
        elif word.rule.kind == "symptom":
            pass  # a check asks no symptom
        elif word.span not in used and word.rule.code not in _ABOUT_COMMENTS and asked:
            about.append(word.has_no_effect("not found"))
    kept_about, used_about = _silence(about, words)
    idle = [
        word.has_no_effect("not found")
        for word in words
        if word.rule is not None and word.rule.code in _ABOUT_COMMENTS
        if word.span not in used_about and asked
    ]
    return (*kept, *kept_about, *idle)


def _read(source: Source) -> tuple[list[_Word], list[Diagnostic]]:
    """The codes of all comments, and a finding for each comment that has none."""
    words: list[_Word] = []
    nameless: list[Diagnostic] = []
    by_code, by_name = rules(), {rule.name: rule for rule in rules().values()}
    for comment in comments(source):
        found = _IGNORE.search(source.text, comment.start, comment.end)
        if not found:
            continue
        marker = Span(source, found.start(), found.end())
        line = marker.position[0]
        spans = list(_words(source, *found.span(1))) if found[1] else []
        if not spans:
            nameless.append(ignore_comment_silences_nothing(marker, "no code"))
        # What stands behind it is its reason, and goes with it.
        whole = Span(source, found.start(), comment.end) if len(spans) == 1 else None
        for span in spans:
            rule = by_code.get(span.text.upper()) or by_name.get(span.text.lower())
            words.append(_Word(span, line, rule, whole))
    return words, nameless


def _words(source: Source, start: int, end: int) -> Iterator[Span]:
    for found in _WORD.finditer(source.text, start, end):
        yield Span(source, *found.span())


def _silence(
    found: Iterable[Diagnostic], words: list[_Word]
) -> tuple[list[Diagnostic], frozenset[Span]]:
    """What is left of the findings, and the words that silenced the others."""
    at: dict[tuple[str, int, str], list[Span]] = {}
    for word in words:
        if word.rule is not None:
            place = (word.span.source.title, word.line, word.rule.code)
            at.setdefault(place, []).append(word.span)
    kept: list[Diagnostic] = []
    used: set[Span] = set()
    for one in found:
        silencing = at.get((one.span.source.title, one.span.position[0], one.code))
        if not silencing:
            kept.append(one)
        elif one.severity == "error":
            note = "errors cannot be ignored: the ignore comment on this line has no effect"
            kept.append(replace(one, notes=(*one.notes, note)))
        else:
            used.update(silencing)
    return kept, frozenset(used)


def _unknown(word: _Word, *, is_prefix: bool, guess: bool) -> Diagnostic:
    meant = name_like(word.span.text) if guess else None
    return unknown_code_in_ignore_comment(word.span, meant, is_prefix=is_prefix)
