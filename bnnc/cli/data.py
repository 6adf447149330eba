"""`bnnc data`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bnnc.cli.exit_codes import FINDINGS, FINE, WRONG_USE, UserError, refusals
from bnnc.cli.fixing import show_difference, write_spec
from bnnc.cli.looking import looking
from bnnc.cli.preflight import look_at_file
from bnnc.cli.specs import look_at_data, read, setting_option
from bnnc.cli.survey_text import as_object, as_text
from bnnc.cli.terminal import colored, echo, width
from bnnc.compiler import pipeline
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source, is_script_name
from bnnc.errors import refuse_missing_runtime
from bnnc.specs.input import Input
from bnnc.specs.survey import Survey

_SPECS = (".yaml", ".yml", ".json")
_SHEETS = (".png", ".html")


@click.command("data")
@click.argument("place", metavar="SPEC|SOURCE")
@click.option(
    "--write",
    is_flag=True,
    help="Write shape, value_range, mean, std and classes into the spec; comments and layout stay.",
)
@click.option("--diff", is_flag=True, help="Show what --write would change; write nothing.")
@click.option(
    "--sheet",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write images of each class, odd images and duplicates to a .png or .html file.",
)
@click.option(
    "--images",
    type=click.IntRange(1, 40),
    default=8,
    show_default=True,
    help="Images of each class on the sheet.",
)
@setting_option("Override a value of the spec.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON, with every row.")
def command(
    place: str,
    write: bool,
    diff: bool,
    sheet: Path | None,
    images: int,
    settings: tuple[Source, ...],
    as_json: bool,
) -> int:
    """Look at every row of the data: sizes, values, classes, duplicates, unreadable files.

    SPEC is a spec, read as `bnnc train` reads it; the findings about it are those of
    `bnnc check --data`. SOURCE is a named data set or a path. The mean and the standard deviation
    are those of the training rows, as `input` has them. TensorFlow is imported for PNG files of
    16 bits alone.

    Exits with 0, or with 1 if the spec has errors or files cannot be read, or with 2 if there is no
    data to look at.
    """
    with refusals():
        refuse_missing_runtime("`bnnc data`", only_data=True)
    is_spec = place == "-" or Path(place).suffix.lower() in _SPECS
    if is_script_name(place):
        raise UserError(f"{place} is a script; write its spec with `bnnc import`, and name that")
    _refuse_wrong_use(place, is_spec, write or diff, bool(settings), as_json)
    if sheet is not None:
        if sheet.suffix.lower() not in _SHEETS:
            raise UserError(f"--sheet writes .png or .html files. Received: {sheet}")
        look_at_file(sheet)
        with refusals():
            from bnnc.cli.contact_sheet import refuse_to_replace_other

            refuse_to_replace_other(sheet)
    pictures = images if sheet is not None else 0
    if not is_spec:
        return _show_source(place, pictures, sheet, as_json)
    name, text = read(place)
    with refusals(), looking(pictures) as how:
        report = pipeline.check_bytes(name, text, settings=settings, data=how)
    code = _exit_code(report)
    if as_json:
        click.echo(_json(report.survey, report, code))
    else:
        if report.survey is not None:
            click.echo(as_text(report.survey, _value_range(report), width()) + "\n")
        _show_findings(report)
    if report.survey is None:
        _refuse_no_data(name, report)
        return code
    if sheet is not None:
        _write_sheet(report.survey, sheet, as_json)
    if write or diff:
        _write_values(report, text, None if diff or place == "-" else Path(place))
    return code


def _refuse_wrong_use(
    place: str, is_spec: bool, edits: bool, has_settings: bool, as_json: bool
) -> None:
    if not is_spec and (edits or has_settings):
        raise UserError(
            f"--write, --diff and --set are about a spec, .yaml or .json. Received: {place}"
        )
    if edits and has_settings:
        raise UserError("--write edits a spec as it is; it cannot go with --set")
    if edits and as_json:
        raise UserError("--write and --diff print text; they cannot go with --json")


def _show_source(source: str, pictures: int, sheet: Path | None, as_json: bool) -> int:
    """Look at data without a spec."""
    from bnnc.compiler.analysis.data_facts import Look, survey_data

    look_at_data(source)
    with refusals(), looking(pictures) as how:
        survey = survey_data(Look(source), how)
    code = FINDINGS if survey.unreadable else FINE
    if as_json:
        click.echo(_json(survey, None, code))
    else:
        click.echo(as_text(survey, survey.value_range, width()))
    if sheet is not None:
        _write_sheet(survey, sheet, as_json)
    return code


def _exit_code(report: Report) -> int:
    if not report.ok:
        return FINDINGS
    return FINE if report.survey is not None else WRONG_USE


def _refuse_no_data(name: str, report: Report) -> None:
    if report.spec is not None and report.spec.data is None:
        raise UserError(
            f"{name} names no data. Write `data: {{source: ...}}` into it, or name the data: "
            "`bnnc data SOURCE`"
        )
    if report.ok:
        raise UserError(f"the data of {name} is not there, so no row was looked at")


def _value_range(report: Report) -> tuple[float, float] | None:
    """The range that mean and standard deviation are relative to: the spec's, if it is right."""
    if report.spec is not None:
        return None if report.spec.input.is_table else report.spec.input.value_range
    survey = report.survey
    return survey.value_range if survey else Input.model_fields["value_range"].default


def _show_findings(report: Report) -> None:
    from bnnc.compiler.diagnostics.render import render, summary

    if report.diagnostics:
        click.echo(render(report.diagnostics, color=colored(), columns=width()) + "\n")
    echo(summary(report.diagnostics) if report.diagnostics else "no findings")


def _json(survey: Survey | None, report: Report | None, code: int) -> str:
    from bnnc.compiler.diagnostics.json_form import form
    from bnnc.compiler.diagnostics.outcome import File, Outcome

    files = (
        ()
        if report is None
        else (File(report.source.name, "accepted" if report.ok else "refused"),)
    )
    found = () if report is None else report.diagnostics
    document = json.loads(form(Outcome(Path(), files, found, code)))
    if survey is not None:
        value_range = survey.value_range if report is None else _value_range(report)
        document["data"] = as_object(survey, value_range)
    return json.dumps(document, indent=2)


def _write_sheet(survey: Survey, sheet: Path, as_json: bool) -> None:
    from bnnc.cli.contact_sheet import write_sheet

    write_sheet(survey, sheet)
    if not as_json:
        echo(f"{sheet}: {len(survey.pictures):,} images")


def _write_values(report: Report, before: bytes, path: Path | None) -> None:
    """Show what changes in the spec, and write it if there is a path."""
    from bnnc.compiler.checking.data_values import write_values

    written = write_values(report, pipeline.check)
    click.echo()
    for value in written.elsewhere:
        echo(f"not written: `{value}` belongs into a file that {report.source.name} extends")
    if not written.values:
        echo("nothing to write")
        return
    show_difference(report.source.name, report.source.text, written.source.text, "with its data")
    if path is None:
        return
    write_spec(path, before, written.source.text)
    count = len(written.values)
    echo(f"{report.source.name}: {count} {'value' if count == 1 else 'values'} written")
    if report.ok and not written.report.ok:
        echo(f"The spec has errors now: `bnnc check {report.source.name}` shows them")
