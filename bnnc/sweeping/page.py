"""The page of a sweep: one HTML file that loads nothing, in the form of the report of a run."""

from __future__ import annotations

from pathlib import Path

from bnnc.printable import harmless
from bnnc.reporting.html_page import figure_values, rendered, section_id, write_figure_files
from bnnc.sweeping.figures import figures
from bnnc.sweeping.folder import BEST, FRONT
from bnnc.sweeping.results import (
    SweepResults,
    TrialResult,
    short_names,
    shown_figure,
    shown_value,
)
from bnnc.system.table import Table
from bnnc.system.writing import write_text


def sweep_html(results: SweepResults) -> str:
    """The page of a sweep. It has no script and loads nothing; everything from outside is escaped."""
    drawn = list(figures(results))
    sections = dict.fromkeys(one.section for one in drawn)
    return rendered(
        "bnnc.sweeping",
        "sweep.html",
        title=harmless(f"{results.about['name']}: sweep"),
        folder=harmless(str(results.folder)),
        verdict=[harmless(one) for one in verdict(results)],
        facts={name: harmless(value) for name, value in _facts(results).items() if value},
        best=_best(results),
        sections=[
            {
                "name": section,
                "id": section_id(section),
                "figures": [
                    figure_values(one, one.name) for one in drawn if one.section == section
                ],
            }
            for section in sections
        ],
        trials=_trials(results),
    )


def write_sweep_report(results: SweepResults, path: Path) -> None:
    """Write the page. Raises: OutputError."""
    write_text(path, sweep_html(results))


def write_sweep_figures(results: SweepResults, folder: Path) -> list[str]:
    """Write every figure as SVG and PNG into a folder. Returns: the names. Raises: OutputError."""
    return write_figure_files(((one.name, one) for one in figures(results)), folder)


def verdict(results: SweepResults) -> list[str]:
    """The sweep in a few sentences."""
    count, best = results.count, results.best
    kinds = {
        "were trained to their end": count.complete,
        "were pruned": count.pruned,
        "diverged": count.diverged,
        "failed": count.failed,
    }
    listed = ", ".join(f"{number} {what}" for what, number in kinds.items() if number)
    told = [f"{count.ended} trials have ended: {listed or 'none was trained'}."]
    if count.refused:
        told.append(f"{count.refused} points were refused by the checker, and cost nothing.")
    if count.running or count.waiting:
        told.append(f"{count.running + count.waiting} have not ended yet.")
    if not best:
        return [*told, "There is no best one yet."]
    if len(results.objectives) > 1:
        told.append(f"{len(best)} of them are on the Pareto front.")
    else:
        told.append(_of_best(results, best[0]))
    told.append(
        "The best of many trials is better on the validation rows than on new ones: train its spec, "
        "and evaluate that run once."
    )
    return told


def _of_best(results: SweepResults, best: TrialResult) -> str:
    ((name, value),) = best.values.items()
    told = f"The best is trial {best.number}, with a validation {name} of {shown_figure(value)}"
    if len(results.ranked) > 1:
        middle = results.ranked[len(results.ranked) // 2].values[name]
        told += f"; the median of the trials is {shown_figure(middle)}"
    return f"{told}."


def _facts(results: SweepResults) -> dict[str, str]:
    about = results.about
    seconds = sum(one.seconds or 0.0 for one in results.trials)
    return {
        "spec": str(about["spec"]),
        "search": str(about["search"]),
        "objectives": ", ".join(
            f"{direction} {name}" for name, direction in results.objectives.items()
        ),
        "sampler": str(about["sampler"]),
        "pruner": str(about["pruner"]),
        "time of all trials": f"{seconds / 60:.1f} minutes",
        "best": BEST if len(results.objectives) == 1 else f"{FRONT}/",
    }


def _best(results: SweepResults) -> Table:
    rows = results.best if len(results.objectives) > 1 else results.ranked[:10]
    return _table_of(results, rows, with_state=False)


def _trials(results: SweepResults) -> Table:
    return _table_of(results, results.trials, with_state=True)


def _table_of(results: SweepResults, rows: tuple[TrialResult, ...], *, with_state: bool) -> Table:
    names = short_names(results.parameters)
    state = ("state",) if with_state else ()
    reason = ("reason",) if with_state else ()
    return Table(
        "",
        (*state, "trial", *results.objectives, *names.values(), *reason),
        tuple(
            (
                *((one.state,) if with_state else ()),
                str(one.number),
                *(shown_figure(one.values[n]) if one.values else "" for n in results.objectives),
                *(shown_value(one.point.get(path, "")) for path in names),
                *((harmless(one.reason).strip().rpartition("\n")[2],) if with_state else ()),
            )
            for one in rows
        ),
        left=len(state),
    )
