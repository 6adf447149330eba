"""`bnnc calibrate`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import get_args

import click

from bnnc.cli.exit_codes import UserError, user_errors
from bnnc.cli.notes import tell
from bnnc.cli.preflight import look_at_run
from bnnc.cli.specs import look_at_data
from bnnc.cli.terminal import echo
from bnnc.cli.trained import load_trained
from bnnc.specs.calibration import CalibrationMethod, IntervalMethod, SetMethod
from bnnc.specs.sources import FROM_PYTHON

_SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.command("calibrate")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "--method",
    type=click.Choice(get_args(CalibrationMethod)),
    help="Map of the class probabilities; the spec's by default. Temperature if nothing else is"
    " asked for either.",
)
@click.option(
    "--sets", type=click.Choice(get_args(SetMethod)), help="Fit prediction sets of classes."
)
@click.option(
    "--interval",
    type=click.Choice(get_args(IntervalMethod)),
    help="Fit intervals of numbers.",
)
@click.option("--coverage", type=_SHARE, help="Of `--sets` or `--interval`; 0.9 by default.")
@click.option(
    "--reject",
    type=_SHARE,
    metavar="RISK",
    help="Reject uncertain images, so that at most this share of the other answers is wrong.",
)
@click.option(
    "--data",
    metavar="SOURCE",
    help="A named source or a path: its validation images, or else its training images. The"
    " validation images of the run by default.",
)
@click.option(
    "--samples",
    type=click.IntRange(1, 1_000_000),
    help="Weight draws, of each member of an ensemble; the spec's by default.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was fitted as one JSON object.")
def command(
    run: Path,
    method: CalibrationMethod | None,
    sets: SetMethod | None,
    interval: IntervalMethod | None,
    coverage: float | None,
    reject: float | None,
    data: str | None,
    samples: int | None,
    as_json: bool,
) -> None:
    """Calibrate a run on images that were held out of its training.

    RUN is a folder that `bnnc train` wrote. Without options, what its spec says in `calibration`
    and `prediction` is fitted; if it says nothing, a temperature of the class probabilities.
    `bnnc predict` and `bnnc evaluate` then apply it, unless they are called with --uncalibrated.

    The images are the validation images of the run. Images that were trained on, and test images,
    are refused.
    """
    if coverage is not None and sets is None and interval is None:
        raise click.UsageError("`--coverage` is of `--sets` or `--interval`: give one of them.")
    if data is not None:
        look_at_data(data)
    manifest, _ = look_at_run(run)
    trained_on = (manifest["trained"] or {}).get("data")
    if trained_on is not None and trained_on not in FROM_PYTHON:
        look_at_data(trained_on)
    said = {} if coverage is None else {"coverage": coverage}
    with user_errors():
        from bnnc.runtime.artifacts import write_manifest
        from bnnc.runtime.runs.run_folder import locked_run

        with locked_run(run):
            program = load_trained(run)
            replaced = program.calibration
            try:
                fitted = program.calibrate(
                    data,
                    method=method,
                    sets=None if sets is None else {"method": sets, **said},
                    reject=None if reject is None else {"risk": reject},
                    interval=None if interval is None else {"method": interval, **said},
                    samples=samples,
                )
            except ValueError as error:
                raise UserError(str(error)) from error
            write_manifest(run, program.manifest)
    if replaced is not None:
        tell((f"this replaces an earlier calibration: {replaced.summary}",))
    tell(fitted.notes)
    if as_json:
        click.echo(json.dumps(fitted.to_dict(), allow_nan=False))
        return
    click.echo(f"{fitted}\n")
    echo(f"{run} is calibrated. Evaluate it with:\n\n    bnnc evaluate {shlex.quote(str(run))}")
