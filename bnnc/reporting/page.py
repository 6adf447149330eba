"""The page of a report: one HTML file that loads nothing, and the figures as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bnnc.compiler.diagnostics.html_form import html_form
from bnnc.printable import harmless
from bnnc.reporting.comparison import figure_rows, pairing_note, spec_changes
from bnnc.reporting.figure import ReportFigure
from bnnc.reporting.figures import figures
from bnnc.reporting.galleries import galleries
from bnnc.reporting.html_page import figure_values, rendered, section_id, write_figure_files
from bnnc.reporting.results import RunResults
from bnnc.reporting.verdict import verdict
from bnnc.system.writing import write_text


def report_html(runs: Sequence[RunResults]) -> str:
    """The page of one run, or of several side by side.

    It has no script and loads nothing. Everything from outside is escaped.
    """
    drawn = [list(figures(run)) for run in runs]
    sections = dict.fromkeys(one.section for each in drawn for one in each)
    return rendered(
        "bnnc.reporting",
        "report.html",
        title=harmless(", ".join(run.name for run in runs)),
        runs=[_head(run) for run in runs],
        figure_rows=figure_rows(runs),
        examples=runs[0].program.spec.input.noun,
        pairing=pairing_note(runs) if len(runs) > 1 else "",
        spec_changes=[spec_changes(runs[0], run) for run in runs[1:]],
        sections=[
            {
                "name": section,
                "id": section_id(section),
                "groups": _groups(section, runs, drawn),
            }
            for section in sections
        ],
        galleries=[galleries(run) for run in runs],
    )


def write_report(runs: Sequence[RunResults], path: Path) -> None:
    """Write the page. Raises: OutputError."""
    write_text(path, report_html(runs))


def write_figures(runs: Sequence[RunResults], folder: Path) -> list[str]:
    """Write every figure as SVG and PNG into a folder, whole or not at all.

    Files of several runs begin with the number of the run, counted from 1.

    Returns: the names, without suffix.
    Raises: OutputError.
    """
    named = (
        (figure.name if len(runs) == 1 else f"{number}-{figure.name}", figure)
        for number, run in enumerate(runs, start=1)
        for figure in figures(run)
    )
    return write_figure_files(named, folder)


def _head(run: RunResults) -> dict[str, Any]:
    """Name, facts, verdict and findings of a run."""
    from markupsafe import Markup

    program, trained = run.program, run.program.manifest["trained"]
    methods = dict.fromkeys(one.method for one in program.spec.bayesian_sections.values())
    totals = program.manifest["plan"]["totals"]
    members, words = len(program.members), program.spec.input.worded
    done = max(model.epochs_done for model in program.models)
    facts = {
        "spec": program.spec.name,
        "method": ", ".join(methods) or "none",
        "members": str(members) if members > 1 else "",
        "trained on": f"{trained['data']}, {trained['rows']:,} rows",
        "epochs": f"{done} of {trained['epochs']}",
        "parameters": f"{totals['parameters']:,}",
        f"test {program.spec.input.noun}": f"{int(run.evaluation['rows']):,}",
        "weight draws": f"{run.draws:,}",
        "calibration": "" if program.calibration is None else program.calibration.summary,
        "fingerprint": program.spec.fingerprint()[:19],
    }
    notes = [*run.evaluation.notes, *run.diagnosis.notes]
    return {
        "name": harmless(run.name),
        "facts": {name: harmless(value) for name, value in facts.items() if value},
        "verdict": [harmless(words(one)) for one in verdict(run)],
        "notes": [harmless(one) for one in notes],
        # It escapes what it shows.
        "findings": Markup(html_form("bnnc doctor", run.diagnosis.diagnostics)),
    }


def _groups(
    section: str, runs: Sequence[RunResults], drawn: Sequence[Sequence[ReportFigure]]
) -> list[list[dict[str, Any]]]:
    """The figures of a section, those of all runs with the same name in one group."""
    names = dict.fromkeys(one.name for each in drawn for one in each if one.section == section)
    groups = []
    for name in names:
        group = []
        for number, (run, each) in enumerate(zip(runs, drawn, strict=True), start=1):
            group += [_figure(one, number, run, len(runs)) for one in each if one.name == name]
        groups.append(group)
    return groups


def _figure(figure: ReportFigure, number: int, run: RunResults, runs: int) -> dict[str, Any]:
    name = run.name if runs > 1 else ""
    return figure_values(figure, f"run{number}-{figure.name}", name, run.program.spec.input.worded)
