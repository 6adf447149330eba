"""`bnnc evaluate`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bnnc.cli.evaluation_text import as_object, as_text
from bnnc.cli.exit_codes import UserError, user_errors
from bnnc.cli.notes import tell
from bnnc.cli.specs import look_at_evaluation
from bnnc.cli.terminal import width
from bnnc.cli.trained import load_trained


@click.command("evaluate")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--data", metavar="SOURCE", help="A named source or a path; the run's by default.")
@click.option(
    "--samples",
    type=click.IntRange(1, 1_000_000),
    help="Weight draws, of each member of an ensemble; the spec's by default.",
)
@click.option(
    "--ood",
    multiple=True,
    metavar="SOURCE",
    help="Images to tell from the test images by the uncertainty of the prediction: a named source"
    " or a path, with or without labels. May be repeated. Those of the spec's `evaluation` by"
    " default.",
)
@click.option(
    "--shift/--no-shift",
    default=None,
    help="Evaluate corrupted test images too: noise, blur, contrast, brightness, rotation,"
    " translation, JPEG and occlusion in five severities. Takes 40 times as long. As the spec's"
    " `evaluation` says by default.",
)
@click.option(
    "--uncalibrated", is_flag=True, help="Leave out what `bnnc calibrate` fitted to the run."
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print every figure, with its standard error, and the tables, as one JSON object.",
)
def command(
    run: Path,
    data: str | None,
    samples: int | None,
    ood: tuple[str, ...],
    shift: bool | None,
    uncalibrated: bool,
    as_json: bool,
) -> None:
    """Print accuracy or errors, likelihood and calibration on the test images.

    Each figure has its standard error: how much it would vary over other test images of the same
    kind, by 1,000 bootstrap resamples.

    RUN is a folder that `bnnc train` wrote. The prediction is the mixture over weight draws, and
    over the members of an ensemble: the average of their probabilities or densities. Each member is
    a run too: RUN/members/0 and so on.
    """
    look_at_evaluation(run, data, ood)
    with user_errors():
        program = load_trained(run)
        try:
            evaluation = program.evaluate(
                data, samples=samples, ood=ood or None, shift=shift, calibrated=not uncalibrated
            )
        except ValueError as error:
            raise UserError(str(error)) from error
    tell(evaluation.notes)
    fitted = None if evaluation.calibration is None else program.calibration
    summary = None if fitted is None else fitted.summary
    if as_json:
        click.echo(json.dumps(as_object(evaluation, program.draws(samples)), allow_nan=False))
    else:
        click.echo(
            as_text(
                evaluation,
                program.draws(samples),
                len(program.members),
                width(),
                summary,
                of_table=program.spec.input.is_table,
            )
        )
