"""What `bnnc sweep` prints: a line a trial, a bar on a terminal, the best trials at its end."""

from __future__ import annotations

import random
import shlex
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import click
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

from bnnc.cli.exit_codes import UserError
from bnnc.cli.terminal import echo, width
from bnnc.compiler.diagnostics.wording import counted
from bnnc.printable import harmless
from bnnc.sweeping.counting import Count, state_of
from bnnc.sweeping.results import (
    SweepResults,
    best_table,
    short_names,
    shown_figure,
    shown_value,
)
from bnnc.sweeping.study import DIVERGED, FAILED
from bnnc.sweeping.sweep import Listener
from bnnc.system.table import Table
from bnnc.system.wrapping import filled, wrapped

if TYPE_CHECKING:
    from bnnc.compiler.diagnostics.diagnostic import Diagnostic
    from bnnc.compiler.searching.check import CheckedSearch
    from bnnc.compiler.searching.space import Point
    from bnnc.sweeping.sweep import Sweep
    from bnnc.sweeping.task import Epoch

_LOOKED_AT: Final = 100
_COLUMNS: Final = 80


def refuse_without_points(checked: CheckedSearch) -> None:
    """Raise UserError if no point of the space seems to compile: no trial would be trained."""
    assert checked.space is not None
    generator, codes = random.Random(0), Counter[str]()
    first: dict[str, Diagnostic] = {}
    for _ in range(_LOOKED_AT):
        refusal = checked.refusal(checked.at(checked.space.random_point(generator)))
        if not refusal:
            return
        for one in refusal:
            codes[one.code] += 1
            first.setdefault(one.code, one)
    code, count = codes.most_common(1)[0]
    raise UserError(
        f"none of {_LOOKED_AT} points of the space compiles; {count} have {code}: "
        f"{first[code].message}. Change the space, or the spec"
    )


def tell_of_points(checked: CheckedSearch) -> None:
    """Print the variables, and how many points of the space the checker refuses."""
    assert checked.space is not None
    assert checked.search is not None
    rows = []
    for one in checked.space.variables:
        values = ", ".join(shown_value(label) for label in one.labels)
        if not one.choices:
            values = f"{shown_value(one.number(one.low))} to {shown_value(one.number(one.high))}"
            values += ", log" * one.log + (f", step {shown_value(one.step)}" if one.step else "")
        rows.append((one.name, values))
    generator, codes = random.Random(0), Counter[str]()
    refused = 0
    for _ in range(_LOOKED_AT):
        refusal = checked.refusal(checked.at(checked.space.random_point(generator)))
        refused += bool(refusal)
        codes.update({one.code for one in refusal})
    grid = checked.space.grid_size() if checked.search.sampler.type == "grid" else None
    below = [f"Of {_LOOKED_AT} random points, {_LOOKED_AT - refused} compile."]
    if codes:
        listed = ", ".join(f"{code} ({count})" for code, count in codes.most_common(5))
        below = [f"{below[0]} The others have {listed}, and would cost nothing."]
    if grid is not None:
        below.insert(0, f"The grid has {grid:,} points.")
    table = Table(f"{checked.source.name}: {objectives_text(checked.search)}", values=tuple(rows))
    click.echo(table.text() + "\n")
    for line in below:
        echo(line)


def objectives_text(search: Any) -> str:
    """The objectives with their directions, in words."""
    return ", ".join(
        f"{direction} {name}"
        for name, direction in zip(search.objectives, search.directions, strict=True)
    )


def first_line(sweep: Sweep, wanted: int) -> str:
    """What begins, or goes on."""
    search, place = sweep.search, sweep.place.folder
    count = sweep.count()
    parts = [
        f"{place}: {objectives_text(search)}",
        f"over {counted(len(sweep.space.variables), 'parameter')}",
        f"sampler {search.sampler.type}",
        f"pruner {search.pruning.type}",
        counted(wanted, "trial"),
    ]
    if count.counted:
        parts.append(f"{count.ended} ended, {count.running} running")
    return filled(parts, width(err=True) or _COLUMNS)


def last_lines(results: SweepResults, files: Sequence[Path], wanted: int) -> str:
    """The best trials, what became of the others, and what to type next."""
    folder, count = results.folder, results.count
    parts = [fitting_table(results), f"{folder}: {_counts(count)}."]
    others = count.running + count.waiting
    if count.ended < wanted and others:
        verb = "runs" if others == 1 else "run"
        parts[-1] += f" {counted(others, 'trial')} {verb} in other processes."
    failed = next((one for one in results.trials if one.state == "failed"), None)
    if failed is not None:
        parts.append(f"Trial {failed.number} failed: {harmless(failed.reason).strip()}")
    columns = width() or _COLUMNS
    parts[1:] = [wrapped(one, columns) for one in parts[1:]]
    if files:
        best = f"The best trial is the spec {files[0]}:"
        if len(results.objectives) > 1:
            best = (
                f"The {counted(len(files), 'trial')} of the front are specs in {files[0].parent}:"
            )
        parts.append(
            f"{wrapped(best, columns)}\n\n"
            f"    bnnc train {shlex.quote(str(files[0]))}\n"
            f"    bnnc report {shlex.quote(str(folder))}"
        )
    return "\n\n".join(parts)


def _counts(count: Count) -> str:
    kinds = {
        "complete": count.complete,
        "pruned": count.pruned,
        "diverged": count.diverged,
        "failed": count.failed,
    }
    listed = ", ".join(f"{number} {name}" for name, number in kinds.items() if number)
    refused = f"; {counted(count.refused, 'point')} refused at no cost" if count.refused else ""
    return f"{counted(count.ended, 'trial')} ended ({listed or 'none'}){refused}"


def fitting_table(results: SweepResults) -> str:
    """The table of the best trials, with as many columns as fit the terminal."""
    most = width() or _COLUMNS
    table = best_table(results)
    dropped = 0
    while len(table.columns) - dropped > 1 + len(results.objectives):
        shown = _without_last(table, dropped)
        if max(map(len, shown.text().splitlines())) <= most:
            break
        dropped += 1
    shown = _without_last(table, dropped)
    if dropped:
        names = ", ".join(table.columns[-dropped:])
        shown = shown.with_line(f"Left out in this width: {names}. `--json` has everything.")
    return shown.text()


def _without_last(table: Table, columns: int) -> Table:
    end = len(table.columns) - columns
    return Table(
        table.title, table.columns[:end], tuple(row[:end] for row in table.rows), left=table.left
    )


class Progress(Listener):
    """A line for each trial, and a bar over the sweep on a terminal."""

    def __init__(self, sweep: Sweep, wanted: int) -> None:
        self.sweep, self.wanted = sweep, wanted
        self.names = short_names([one.name for one in sweep.space.variables])
        self.console = Console(stderr=True, highlight=False)
        self.bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=16),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[doing]}"),
            console=self.console,
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self.task = self.bar.add_task("sweep", total=wanted, doing="starting")
        self.began = time.monotonic()
        self.point: Point = {}

    def __enter__(self) -> Self:
        self.bar.start()
        self._move()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def on_trial(self, number: int, point: Point) -> None:
        """Say which trial it is."""
        self.point, self.began = point, time.monotonic()
        self._move(f"trial {number}")

    def on_epoch(self, number: int, epoch: Epoch) -> None:
        """Say how far it is."""
        self._move(f"trial {number}: epoch {epoch.number}/{epoch.epochs}, nll {epoch.val_nll:.4g}")

    def on_refused(self, number: int, findings: tuple[Diagnostic, ...]) -> None:
        """Say why a point is not trained."""
        first = findings[0]
        more = f", and {len(findings) - 1} more" if len(findings) > 1 else ""
        self._print([f"trial {number:>3}", f"refused: {first.code} {first.message}{more}"])

    def on_end(self, study: Any, number: int, seconds: float) -> None:
        """Leave a line with what became of the trial."""
        trial = study.trials[number]
        state, attributes = state_of(trial), trial.user_attrs
        if state in {"refused", "waiting"}:
            return
        parts = [f"trial {number:>3}"]
        if state == "complete":
            pairs = zip(self.sweep.search.objectives, trial.values, strict=True)
            parts += [f"{name} {shown_figure(value)}" for name, value in pairs]
            if len(self.sweep.search.objectives) == 1 and study.best_trial.number == number:
                parts.append("best")
        elif state == "pruned":
            parts.append(f"pruned after epoch {trial.last_step}")
        elif state == "failed":
            parts.append(f"failed: {harmless(attributes[FAILED]).strip().splitlines()[-1]}")
        elif state == "diverged":
            parts.append(f"diverged: {attributes[DIVERGED]}")
        else:
            parts.append("killed; it is tried again")
        parts += [f"{self.names[name]} {shown_value(value)}" for name, value in self.point.items()]
        parts.append(f"{seconds:.0f} s")
        self._print(parts)
        self._move("")

    def _print(self, parts: Sequence[str]) -> None:
        line = filled(list(parts), width(err=True) or _COLUMNS)
        self.console.print(Text(line), soft_wrap=True)

    def _move(self, doing: str = "") -> None:
        if not self.bar.disable:
            done = self.sweep.count().ended
            room = max(self.console.width - 45, 10)
            self.bar.update(self.task, completed=min(done, self.wanted), doing=doing[:room])
