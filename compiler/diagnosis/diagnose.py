"""Ask every symptom about a run, and leave out those that follow from others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bnnc.compiler.analysis.view_making import view_of
from bnnc.compiler.checking.check import in_words_of
from bnnc.compiler.checking.suppression import apply_suppressions
from bnnc.compiler.diagnosis.case import Case
from bnnc.compiler.diagnostics.catalog import symptoms
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.report import Report
from bnnc.runtime.diagnosis.evidence import Evidence


def diagnose(report: Report, evidence: Sequence[Evidence]) -> tuple[Diagnostic, ...]:
    """The symptoms of a run, the most important first.

    A symptom that follows from another one is left out. Of an ensemble, each symptom is reported
    once, with the members that have it.

    Args:
        report: the report of the spec that was trained.
        evidence: the measurements; of an ensemble those of each member, then of all together.
    """
    spec, tree = report.accepted(), report.tree
    assert tree is not None
    view = view_of(spec, tree)
    found: dict[tuple[str, object], tuple[Diagnostic, list[int]]] = {}
    for measured in evidence:
        for one in _of_one(Case(view, measured)):
            members = found.setdefault((one.code, one.span), (one, []))[1]
            members += [] if measured.member is None else [measured.member]
    count = sum(one.member is not None for one in evidence)
    kept: Iterable[Diagnostic] = (
        _with_members(one, members, count) for one, members in found.values()
    )
    kept = in_words_of(view, kept)
    return apply_suppressions(report.source, tuple(kept), report.bases, is_overridden=True)


def _of_one(case: Case) -> list[Diagnostic]:
    """The symptoms in the order of their codes, causes before what follows from them."""
    kept: list[Diagnostic] = []
    explained: set[str] = set()
    for code, one in symptoms().items():
        found = [] if code in explained else one.find(case, one.report)
        if found:
            kept += found
            explained.update(one.explains)
    return kept


def _with_members(one: Diagnostic, members: list[int], of: int) -> Diagnostic:
    if not members:
        return one
    if len(members) == of:
        note = f"all {of} members of the ensemble have it"
    else:
        note = f"of the {of} members, these have it: {', '.join(map(str, members))}"
    return replace(one, notes=(*one.notes, note))
