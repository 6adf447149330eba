"""Ask the rules again when the data of a training is known."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from bnnc.compiler.check import check
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, in_file_order
from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.facts import Found
from bnnc.compiler.ignoring import obey_comments
from bnnc.compiler.text.source import Span
from bnnc.compiler.view import view_of
from bnnc.specs.sources import DataFacts

if TYPE_CHECKING:
    from bnnc.compiler.pipeline import Report


class SpecWarning(UserWarning):
    """Findings about a spec and the data that it is trained on; `diagnostics` are the findings."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(f"the spec and its data\n\n{render(diagnostics)}")
        self.diagnostics = diagnostics


class DataWatch:
    """Warns of what the rules find once the data of a training is known.

    Args:
        report_of: gives the report of the spec that is trained.
        told: findings that a person has seen already; what the rules find without any data if None.
    """

    def __init__(
        self, report_of: Callable[[], Report], told: Iterable[Diagnostic] | None = None
    ) -> None:
        self._report_of = report_of
        self._seen = None if told is None else {_key(one) for one in told}

    def __call__(
        self, facts: DataFacts, batch_size: int | None = None, epochs: int | None = None
    ) -> None:
        """Warn, by one `SpecWarning`, of what was not found before.

        Args:
            facts: what is known of the rows that are trained on.
            batch_size: rows of a step; the spec's if None.
            epochs: epochs of the training; the spec's if None.
        """
        if self._report.spec is None:
            return
        found = findings(self._report, Found(facts), batch_size, epochs)
        new = tuple(one for one in found if _key(one) not in self._told)
        self._told.update(map(_key, new))
        if new:
            warnings.warn(SpecWarning(new), stacklevel=_callers_level())

    @cached_property
    def _report(self) -> Report:
        return self._report_of()

    @cached_property
    def _told(self) -> set[tuple[str, Span, str]]:
        if self._seen is not None:
            return self._seen
        return {_key(one) for one in findings(self._report, Found())}


def findings(
    report: Report, found: Found, batch_size: int | None = None, epochs: int | None = None
) -> tuple[Diagnostic, ...]:
    """What the rules find in a spec without errors, where its data is known as `found` says.

    All of it are warnings: the training goes on, and refuses what it cannot use by itself.
    """
    spec, tree = report.accepted(), report.tree
    assert tree is not None
    view = view_of(spec, tree)
    view.found = found
    lengths = {"batch_size": batch_size, "epochs": epochs}
    known = {name: value for name, value in lengths.items() if value is not None}
    view.training = spec.training.model_copy(update=known)
    all_found = obey_comments(report.source, check(view), report.bases, is_overridden=True)
    facts, said = found.facts, view.place("data", "source")
    if facts is not None and (spec.data is None or facts.name != spec.data.source):
        all_found = tuple(_of_other_data(one, facts, said) for one in all_found)
    return in_file_order(
        (replace(one, severity="warning") if one.severity == "error" else one for one in all_found),
        report.source,
    )


def _of_other_data(one: Diagnostic, facts: DataFacts, said: Span) -> Diagnostic:
    """The finding without labels at the data that the spec names: the training has other data."""
    rows = "" if facts.rows is None else f": {facts.rows:,} rows are trained on"
    return replace(
        one,
        related=tuple(label for label in one.related if label.span != said),
        notes=(*one.notes, f"this is of the data {facts.name}{rows}"),
    )


def _key(one: Diagnostic) -> tuple[str, Span, str]:
    return one.code, one.span, one.message


def _callers_level() -> int:
    """The `stacklevel` of the first caller outside bnnc and Keras."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] not in {"bnnc", "keras"}:
            break
        frame, level = frame.f_back, level + 1
    return level - 1
