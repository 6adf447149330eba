"""`bnnc export`."""

from __future__ import annotations

from pathlib import Path

import click

from bnnc.cli.exit_codes import UserError, refusals, user_errors
from bnnc.cli.notes import tell
from bnnc.cli.preflight import look_at_folder, look_at_run
from bnnc.cli.trained import load_trained
from bnnc.errors import ArgumentError
from bnnc.runtime.exporting.preflight import (
    LIBRARIES,
    PRECISIONS,
    Precision,
    check_request,
    refuse_other_export,
)


@click.command("export")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder to write; an earlier export in the same format is replaced.",
)
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(list(LIBRARIES)),
    default="saved-model",
    show_default=True,
    help="Format of the files.",
)
@click.option(
    "--draws",
    "--samples",
    "samples",
    type=click.IntRange(1, 1_000_000),
    help="Weight draws, of each member of an ensemble; the spec's by default.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    help="Seed of the draws; the one of `bnnc predict` by default.",
)
@click.option("--fresh", is_flag=True, help="Draw weights anew at each call; in a SavedModel only.")
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default=PRECISIONS[0],
    show_default=True,
    help="Of the weights; others than float32 in litert only.",
)
@click.option(
    "--uncalibrated", is_flag=True, help="Leave out what `bnnc calibrate` fitted to the run."
)
def command(
    run: Path,
    output: Path,
    form: str,
    samples: int | None,
    seed: int | None,
    fresh: bool,
    precision: Precision,
    uncalibrated: bool,
) -> None:
    """Export the prediction of a run to a format that runs without bnnc.

    RUN is a folder that `bnnc train` wrote. What is exported takes images of raw values, and gives
    what `bnnc predict` does: probabilities, entropy and mutual information; of numbers the mean,
    the standard deviations and the quantiles; and prediction sets, rejection, intervals and
    calibrated probabilities of a run that `bnnc calibrate` fitted them to.

    The draws of the weights are fixed: the result equals `bnnc predict` with the same draws. What
    was written is opened in the format's own runtime, and compared with the run on eight images.
    A description in JSON is written next to it.

    onnx needs `pip install 'bnnc[onnx]'`, and litert is compared if `pip install 'bnnc[litert]'`
    has installed its interpreter.
    """
    if fresh and form != "saved-model":
        raise click.UsageError(
            f"`--fresh` is for a SavedModel: {form} has no random operations. Leave it out, or "
            "write `--format saved-model`."
        )
    if fresh and seed is not None:
        raise click.UsageError("`--fresh` has no seed: leave out one of the two.")
    if precision != "float32" and form != "litert":
        raise click.UsageError(f"`--precision {precision}` is for `--format litert`.")
    look_at_run(run)
    with refusals():
        check_request(form, fresh=fresh, seed=seed, precision=precision)
        refuse_other_export(output, form)
    look_at_folder(output)
    with user_errors():
        program = load_trained(run)
        try:
            made = program.export(
                output,
                form,
                samples=samples,
                seed=seed,
                fresh=fresh,
                precision=precision,
                calibrated=not uncalibrated,
            )
        except ArgumentError as error:
            raise UserError(str(error)) from error
        if not uncalibrated and program.calibration is not None:
            tell([program.calibration.summary])
    click.echo(made)
