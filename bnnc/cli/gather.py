"""`bnnc gather`."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import click

from bnnc.cli.exit_codes import refusals
from bnnc.cli.notes import tell
from bnnc.cli.terminal import echo


@click.command("gather")
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
def command(run: Path) -> int:
    """Make an ensemble of members that were trained one by one.

    RUN is the folder that `bnnc train SPEC --member N --run RUN` trained the members into. All of
    them are compared: they must be of one spec, one data and one length, and their trainings must
    have ended. What is missing is named with the command that trains it. Afterwards the folder is
    the same as after one `bnnc train` of the whole ensemble.
    """
    return gather(run)


def gather(run: Path) -> int:
    """Make the ensemble of a run, without TensorFlow unless it is calibrated. Raises: UserError."""
    with refusals():
        from bnnc.compiler.backend.emit import emit
        from bnnc.compiler.backend.lowering import lower
        from bnnc.compiler.planning.make_plan import make_plan
        from bnnc.runtime.runs.member_runs import look_at_members, write_ensemble

        found = look_at_members(run)
        tell(found.notes)
        first = found.members[0].manifest
        plan = replace(make_plan(found.spec), rows=first["plan"].get("rows"))
        source = emit(found.spec, plan, lower(found.spec, plan, first.get("folder")))
        write_ensemble(found, plan.as_json(), source)
    if found.spec.calibrates:
        _calibrate(run)
    members, quoted = len(found.members), shlex.quote(str(run))
    echo(f"{run}: {members} members. Evaluate them with:\n\n    bnnc evaluate {quoted}")
    return 0


def _calibrate(run: Path) -> None:
    """Fit what the spec asks for to the validation rows, as `bnnc train` does at its end."""
    from bnnc.cli.exit_codes import user_errors
    from bnnc.cli.training import calibrate

    with user_errors():
        from bnnc.runtime.runs.loading import load
        from bnnc.runtime.runs.run_folder import locked_run

        with locked_run(run):
            program = load(run)
            trained = program.manifest["trained"]
            prepared = program.prepare(trained["data"], batch_size=trained["batch_size"])
            calibrate(program, prepared, run)
