"""Asks every rule about a spec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from bnnc.compiler.analysis.view import View
from bnnc.compiler.diagnostics.catalog import rules
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, reworded
from bnnc.compiler.text.source import Span
from bnnc.specs.examples import of_rows


def check(view: View) -> tuple[Diagnostic, ...]:
    """The findings of all rules whose parts of the spec are free of other errors.

    A rule's findings at one place are of one layer that a block repeats: the first of them stands
    for all. A rule on the activation that the output comes out of is asked about each of them,
    where branches end side by side.
    """
    found: dict[tuple[str, Span], Diagnostic] = {}
    # Hundreds of rules need the same few parts.
    has = cache(view.has)
    for rule in rules().values():
        if rule.check is None or not all(map(has, rule.needs)):
            continue
        asked = view.each_output_branch if "output_activation" in rule.needs else (view,)
        for each in asked:
            for one in rule.check(each, rule.report):
                found.setdefault((one.code, one.span), one)
    return tuple(in_words_of(view, found.values()))


def in_words_of(view: View, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The findings, said of rows where the spec is about a table: most rules speak of images."""
    is_table = view.has("input.shape") and view.input.is_table
    return (reworded(one, of_rows) if is_table else one for one in found)
