"""Asks every rule about a spec."""

from __future__ import annotations

from bnnc.compiler.diagnostics.diagnostic import Diagnostic
from bnnc.compiler.rules.registry import rules
from bnnc.compiler.view import View


def check(view: View) -> tuple[Diagnostic, ...]:
    """The findings of all rules whose parts of the spec are free of other errors."""
    found: list[Diagnostic] = []
    for rule in rules().values():
        if rule.check is not None and all(view.has(need) for need in rule.needs):
            found.extend(rule.check(view, rule.report))
    return tuple(found)
