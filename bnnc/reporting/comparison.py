"""Several runs side by side: their figures with differences, and what differs in their specs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bnnc.compiler.planning.difference import difference
from bnnc.reporting.results import RunResults
from bnnc.reporting.verdict import plus_minus
from bnnc.runtime.evaluation.comparison import Difference, differences, have_same_rows
from bnnc.runtime.evaluation.meanings import MEANINGS

_CLEAR = 2.0  # standard errors


@dataclass(frozen=True, slots=True)
class FigureCell:
    """A figure of a run, and its difference from that of the first run.

    Attributes:
        value: with its standard error.
        difference: with its standard error; None of the first run.
        is_clear: whether the difference is larger than two standard errors.
    """

    value: str
    difference: str | None = None
    is_clear: bool = False


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure of all runs; None where a run does not have it."""

    name: str
    meaning: str
    cells: tuple[FigureCell | None, ...]


def figure_rows(runs: Sequence[RunResults]) -> tuple[FigureRow, ...]:
    """The figures that have a meaning, in its order, of one run or of several."""
    first = runs[0].evaluation
    against = [differences(first, one.evaluation) for one in runs[1:]]
    rows = []
    for name, meaning in MEANINGS.items():
        if not any(name in one.evaluation for one in runs):
            continue
        cells = [
            _cell(run, name, found.get(name))
            for run, found in zip(runs, [{}, *against], strict=True)
        ]
        rows.append(FigureRow(name, runs[0].program.spec.input.worded(meaning), tuple(cells)))
    return tuple(rows)


def _cell(run: RunResults, name: str, found: Difference | None) -> FigureCell | None:
    if name not in run.evaluation:
        return None
    value = plus_minus(run.evaluation, name)
    if found is None:
        return FigureCell(value)
    error = found.standard_error
    shown = f"{found.value:+.4f}" + ("" if error is None else f" ± {error:.4f}")
    return FigureCell(value, shown, error is not None and abs(found.value) > _CLEAR * error)


def pairing_note(runs: Sequence[RunResults]) -> str:
    """How the standard errors of the differences were made."""
    paired = [have_same_rows(runs[0].evaluation, one.evaluation) for one in runs[1:]]
    if all(paired):
        return (
            "All runs were evaluated on the same images. The standard error of a difference is by "
            "the paired bootstrap: the same 1,000 resamples of the images for both runs."
        )
    return (
        "Not all runs were evaluated on the same images. For those with other images than the first "
        "run, the standard error of a difference is the root of the sum of both squared errors."
    )


@dataclass(frozen=True, slots=True)
class SpecChange:
    """A place where the spec of a run means something else than that of the first run."""

    path: str
    before: str | None
    after: str | None


def spec_changes(first: RunResults, other: RunResults) -> tuple[SpecChange, ...]:
    """What `bnnc diff` tells of the two specs."""
    return tuple(
        SpecChange(one.path, _shown(one.before), _shown(one.after))
        for one in difference(first.program.spec, other.program.spec)
    )


def _shown(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
