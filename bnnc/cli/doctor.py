"""`bnnc doctor`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bnnc.cli.exit_codes import FINDINGS, FINE, UserError, user_errors
from bnnc.cli.preflight import look_at_file, look_at_run
from bnnc.cli.specs import look_at_data
from bnnc.cli.terminal import colored, echo, width

if TYPE_CHECKING:
    from bnnc.diagnosis import Diagnosis


@click.command("doctor")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--data", metavar="SOURCE", help="A named source or a path; the run's by default.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="SPEC",
    help="Write the spec with the first change that is proposed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print findings and measurements as JSON.")
def command(run: Path, data: str | None, output: Path | None, as_json: bool) -> int:
    """Say why a run does not learn, or why its predictions cannot be trusted.

    RUN is a folder that `bnnc train` wrote. Its metrics, weights and predictions are measured, on the
    data that it was trained on. Where it does not predict its own training rows, short trainings
    tell what keeps it from learning. The run is not changed.

    Exits with 0, or with 1 if the training diverged.
    """
    if data is not None:
        look_at_data(data)
    manifest, _ = look_at_run(run)
    if manifest["trained"] is None:
        raise UserError(
            f"{run} was built, not trained: train it with `bnnc train {shlex.quote(str(run))}`"
        )
    if output is not None:
        if output.exists():
            raise UserError(f"{output} exists; choose another file")
        look_at_file(output)
    with user_errors():
        from bnnc.diagnosis import doctor

        found = doctor(run, data)
    if as_json:
        click.echo(_json(found))
    else:
        _show(found)
    if output is not None:
        _write(found, output, as_json)
    return _exit_code(found)


def _exit_code(found: Diagnosis) -> int:
    return FINDINGS if any(one.severity == "error" for one in found.diagnostics) else FINE


def _show(found: Diagnosis) -> None:
    from bnnc.compiler.diagnostics.render import render, summary

    click.echo(found.summary.text())
    click.echo()
    if found.diagnostics:
        click.echo(render(found.diagnostics, color=colored(), columns=width()))
        click.echo()
    for note in found.notes:
        echo(f"note: {note}", indent="  ")
    of_spec = found.report.diagnostics
    if of_spec:
        name = found.report.source.name
        where = f": `bnnc check {shlex.quote(name)}`" if Path(name).is_file() else ""
        counted = summary(of_spec).partition(" in ")[0]
        echo(f"note: the checker finds {counted} in the spec{where}", indent="  ")
    echo(summary(found.diagnostics) if found.diagnostics else "nothing was found to be wrong")


def _json(found: Diagnosis) -> str:
    from bnnc.compiler.diagnostics.json_form import form
    from bnnc.compiler.diagnostics.outcome import File, Outcome

    source = found.report.source
    document = json.loads(
        form(
            Outcome(Path(), (File(source.name, "accepted"),), found.diagnostics, _exit_code(found))
        )
    )
    document["summary"]["text"] = found.summary.text()
    document["notes"] = list(found.notes)
    document["evidence"] = [one.to_dict() for one in found.evidence]
    return json.dumps(document, indent=2)


def _write(found: Diagnosis, output: Path, as_json: bool) -> None:
    """Write the spec with the first fix. Raises: UserError if no finding has one."""
    from bnnc.compiler.checking.fixes import apply
    from bnnc.system.writing import write_text

    source = found.report.source
    fixes = (fix for one in found.diagnostics for fix in one.fixes if fix.edits_only(source))
    fix = next(fixes, None)
    if fix is None:
        raise UserError(f"no finding has a change of {source.name}: {output} is not written")
    write_text(output, apply(source.text, fix.edits))
    if not as_json:
        quoted = shlex.quote(str(output))
        echo(f"{output}: {fix.description}. Train it with:\n\n    bnnc train {quoted}")
