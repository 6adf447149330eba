"""Applying fixes: edits of the text, and the check again, until nothing more can be fixed."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, Edit, Fix
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source

# Each round fixes at least one finding, and a fix may uncover another; a chain longer than this
# would be fixes that undo each other.
MOST_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class AppliedFix:
    """A finding, the fix that removed it, and the round that found it, counted from 1."""

    finding: Diagnostic
    fix: Fix
    round: int


@dataclass(frozen=True, slots=True)
class Fixed:
    """The fixed text, the report on it, and the fixes in the order in which they were applied."""

    source: Source
    report: Report
    fixes: tuple[AppliedFix, ...]

    @property
    def applied(self) -> tuple[Diagnostic, ...]:
        """The findings that were fixed."""
        return tuple(one.finding for one in self.fixes)


def fix(report: Report, *, unsafe: bool, again: Callable[[Source], Report]) -> Fixed:
    """Apply every fix that may be applied, and check again.

    Args:
        report: the report on a text.
        unsafe: whether fixes that change the model are applied too.
        again: checks a text again.
    """
    applied: list[AppliedFix] = []
    seen = {report.source.text}
    for number in range(1, MOST_ROUNDS + 1):
        chosen = _choose(report, unsafe)
        if not chosen:
            break
        text = apply(report.source.text, [edit for _, one in chosen for edit in one.edits])
        if text in seen:
            break
        seen.add(text)
        applied.extend(AppliedFix(diagnostic, one, number) for diagnostic, one in chosen)
        report = again(replace(report.source, text=text))
    return Fixed(report.source, report, tuple(applied))


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits made; they must not overlap."""
    pieces: list[str] = []
    end = 0
    for edit in sorted(edits, key=lambda one: one.span.start):
        pieces += [text[end : edit.span.start], edit.replacement]
        end = edit.span.end
    return "".join([*pieces, text[end:]])


def _choose(report: Report, unsafe: bool) -> list[tuple[Diagnostic, Fix]]:
    """The first allowed fix of each finding, less those that touch what another one changes.

    What the reader and the binder find comes first: a rule judges a spec that is not read right by
    what it has read so far. The other fixes wait for the next round, and for another check.
    """
    findings = [one for one in report.diagnostics if rules()[one.code].kind == "finding"]
    judged = [one for one in report.diagnostics if rules()[one.code].kind == "rule"]
    return _compatible(findings, report, unsafe) or _compatible(judged, report, unsafe)


def _compatible(
    diagnostics: Iterable[Diagnostic], report: Report, unsafe: bool
) -> list[tuple[Diagnostic, Fix]]:
    chosen: list[tuple[Diagnostic, Fix]] = []
    taken: list[tuple[int, int]] = []  # sorted, and none overlaps another
    written: set[tuple[int, str]] = set()  # keys, each with its mapping
    for diagnostic in diagnostics:
        allowed = [
            one
            for one in diagnostic.fixes
            if (one.safe or unsafe) and one.edits_only(report.source)
        ]
        if not allowed:
            continue
        first = allowed[0]
        places = [(edit.span.start, edit.span.end) for edit in first.edits]
        keys = {edit.writes for edit in first.edits if edit.writes is not None}
        if keys & written or any(_touches(place, taken) for place in places):
            continue  # the next round has it, if it is still found
        written |= keys
        for place in places:
            insort(taken, place)
        chosen.append((diagnostic, first))
    return chosen


def _touches(place: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    """Whether a place overlaps or adjoins one of those; of all that begin before its end, the last
    one reaches furthest.
    """
    start, end = place
    before = bisect_right(taken, end, key=lambda one: one[0])
    return before > 0 and taken[before - 1][1] >= start
