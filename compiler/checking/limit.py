"""Cap the number of findings per spec."""

from __future__ import annotations

from bnnc.compiler.checking.findings.bnn604_too_many_findings import too_many_findings
from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.text.limits import MAX_FINDINGS


def truncated(found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """The findings in their order, as many as are shown; errors are the last to be left out."""
    if len(found) <= MAX_FINDINGS:
        return found
    places = range(len(found))
    kept = sorted(places, key=lambda place: found[place].severity != "error")[:MAX_FINDINGS]
    shown = frozenset(kept)
    after = next(place for place in places if place not in shown)
    return (
        *(found[place] for place in sorted(shown)),
        too_many_findings(found[after].span, MAX_FINDINGS),
    )
