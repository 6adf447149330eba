"""Ask the rules again when the data of a training is known."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from bnnc.compiler.analysis.data_facts import Found
from bnnc.compiler.analysis.view import View
from bnnc.compiler.analysis.view_making import view_of
from bnnc.compiler.checking.check import check
from bnnc.compiler.checking.suppression import apply_suppressions
from bnnc.compiler.diagnostics.diagnostic import Diagnostic, in_file_order
from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.diagnostics.wording import counted
from bnnc.compiler.text.source import Span
from bnnc.specs import Spec
from bnnc.specs.sources import DataFacts

if TYPE_CHECKING:
    from bnnc.compiler.report import Report


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
    """Check a spec without errors together with what is known of its data.

    All of it are warnings: the training goes on, and refuses what it cannot use by itself.
    """
    spec, tree = report.accepted(), report.tree
    assert tree is not None
    view = view_of(spec, tree)
    view.found = found
    lengths = {"batch_size": batch_size, "epochs": epochs}
    known = {name: value for name, value in lengths.items() if value is not None}
    view.training = spec.training.model_copy(update=known)
    all_found = apply_suppressions(report.source, check(view), report.bases, is_overridden=True)
    if found.facts is not None and (spec.data is None or found.facts.name != spec.data.source):
        note, said = _training(view, spec), view.span_of("data", "source")
        all_found = tuple(_of_other_data(one, note, said) for one in all_found)
    elif view.training != spec.training:
        note = f"{_training(view, spec)}: these replace the values of the spec"
        all_found = tuple(replace(one, notes=(*one.notes, note)) for one in all_found)
    return in_file_order(
        (replace(one, severity="warning") if one.severity == "error" else one for one in all_found),
        report.source,
    )


def over_other_data(report: Report, facts: DataFacts) -> Report:
    """The report of a spec that is trained on other data than it names."""
    if report.spec is None:
        return report
    of_own_data = {_key(one) for one in findings(report, Found(report.facts))}
    others = tuple(one for one in report.diagnostics if _key(one) not in of_own_data)
    found = in_file_order((*others, *findings(report, Found(facts))), report.source)
    return replace(report, diagnostics=found)


def _training(view: View, spec: Spec) -> str:
    """The data of a training, and what else is not as the spec says, in words."""
    facts, training = view.facts, view.training
    words = [] if facts is None else [f"training data: {facts.name}"]
    if facts is not None and facts.rows is not None:
        words.append(counted(facts.rows, "row"))
    if training.batch_size != spec.training.batch_size:
        words.append(f"batches of {training.batch_size:,}")
    if training.epochs != spec.training.epochs:
        words.append(counted(training.epochs, "epoch"))
    return ", ".join(words)


def _of_other_data(one: Diagnostic, note: str, said: Span) -> Diagnostic:
    """The finding without labels at the data that the spec names: the training has other data."""
    related = tuple(label for label in one.related if label.span != said)
    return replace(one, related=related, notes=(*one.notes, note))


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
    return level
