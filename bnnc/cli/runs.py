"""`bnnc runs`."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bnnc.cli.exit_codes import UserError
from bnnc.cli.terminal import echo, width
from bnnc.printable import harmless
from bnnc.system.table import Table

if TYPE_CHECKING:
    from bnnc.runtime.runs.summaries import RunSummary

_COLUMNS = ("run", "name", "method", "data", "epochs", "when", "state")
# Of narrow terminals these are left out, the first ones first.
_LESS_NEEDED = ("data", "name", "method", "when")
# The loss mixes NLL and KL; both say less of a run than the NLL and the score.
_NOT_SHOWN = ("val_loss", "val_kl")


@click.command("runs")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=Path("runs"))
@click.option(
    "--sort",
    metavar="COLUMN",
    default="run",
    show_default=True,
    help="Sort by a column of the table, the smallest value first.",
)
@click.option("--reverse", is_flag=True, help="Sort by the largest value first.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as a JSON array.")
def command(folder: Path, sort: str, reverse: bool, as_json: bool) -> None:
    """List the runs in a folder and below it.

    DIR is `runs` if it is not given, where `bnnc train` puts runs. A run is trained, stopped early,
    interrupted, diverged, training (another process trains it now), built (never trained) or
    damaged. The figures are those of the validation rows in the last epoch, by single weight draws.
    """
    if not folder.is_dir():
        raise UserError(
            f"{folder} is {'not a folder' if folder.exists() else 'not there'}; expected a folder "
            "with runs in it, as in `bnnc runs DIR`"
        )
    from bnnc.runtime.runs.summaries import runs_below

    found = runs_below(folder)
    metrics = list(
        dict.fromkeys(name for one in found for name in one.metrics if name not in _NOT_SHOWN)
    )
    columns = [*_COLUMNS[:-1], *metrics, "state"]
    if found and sort not in columns:
        raise UserError(f"there is no column `{sort}` to sort by; expected {', '.join(columns)}")
    found = _sorted(found, sort, reverse=reverse)
    if as_json:
        click.echo(json.dumps([_object(one) for one in found], indent=2, allow_nan=False))
    elif not found:
        echo(f"there are no runs in {folder}")
    else:
        _show(folder, found, columns)


def _value(run: RunSummary, column: str) -> Any:
    """What a column has of a run, to sort by; None where it has nothing."""
    if column == "run":
        return str(run.folder)
    if column == "epochs":
        return run.epochs_done
    if column in ("when", "state"):
        return getattr(run, column)
    return run.metrics.get(column) if column.startswith("val_") else getattr(run, column) or None


def _sorted(runs: Sequence[RunSummary], column: str, *, reverse: bool) -> tuple[RunSummary, ...]:
    """The runs by a column; those that have nothing there come last."""
    known = [one for one in runs if _is_known(_value(one, column))]
    others = [one for one in runs if not _is_known(_value(one, column))]
    known.sort(key=lambda one: _value(one, column), reverse=reverse)
    return (*known, *others)


def _is_known(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _cell(run: RunSummary, column: str) -> str:
    if column == "epochs":
        of = f" of {run.members} members" if run.members > 1 else ""
        return f"{run.epochs_done}/{run.epochs}{of}" if run.epochs else ""
    value = _value(run, column)
    if column == "when":
        return "" if value is None else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value:.4f}"
    return "" if value is None else harmless(str(value))


def _show(folder: Path, runs: Sequence[RunSummary], columns: Sequence[str]) -> None:
    shown, most = list(columns), width()
    title = f"{len(runs)} run{'s' * (len(runs) > 1)} in {folder}"
    table = _table(title, runs, shown)
    left_out = []
    for name in _LESS_NEEDED:
        if most is None or max(map(len, table.splitlines())) <= most:
            break
        shown.remove(name)
        left_out.append(name)
        table = _table(title, runs, shown)
    click.echo(table)
    problems = [one for one in runs if one.problem]
    if problems or left_out:
        click.echo()
    for one in problems:
        echo(f"{one.folder}: {one.problem}", indent="  ")
    if left_out:
        echo(f"Left out in this width: {', '.join(left_out)}. `--json` has everything.")


def _table(title: str, runs: Sequence[RunSummary], columns: Sequence[str]) -> str:
    # Text before numbers; the state is a word, and last all the same.
    text = [name for name in columns if name in ("run", "name", "method", "data", "state")]
    order = [*text, *(name for name in columns if name not in text)]
    rows = tuple(tuple(_cell(one, name) for name in order) for one in runs)
    return Table(title, tuple(order), rows, left=len(text)).text()


def _object(run: RunSummary) -> dict[str, Any]:
    from bnnc.runtime.evaluation.result import finite

    made: dict[str, Any] = finite(
        {
            "run": str(run.folder),
            "name": run.name,
            "method": run.method,
            "data": run.data,
            "members": run.members,
            "epochs_done": run.epochs_done,
            "epochs": run.epochs,
            "when": None if run.when is None else run.when.isoformat(),
            "state": run.state,
            "metrics": dict(run.metrics),
            "problem": run.problem or None,
        }
    )
    return made
