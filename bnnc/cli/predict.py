"""`bnnc predict`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bnnc.cli.exit_codes import UserError, refusals, user_errors
from bnnc.cli.notes import tell
from bnnc.cli.preflight import look_at_file, look_at_run
from bnnc.cli.trained import load_trained
from bnnc.errors import ArgumentError
from bnnc.printable import harmless

if TYPE_CHECKING:
    from bnnc.runtime.prediction.predictors import AnyPrediction

_FORMATS = ("csv", "jsonl", "npz")


@click.command("predict")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.argument("images", type=click.Path(path_type=Path), metavar="INPUT")
@click.option("-f", "--format", "form", type=click.Choice(_FORMATS), help="csv by default.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File to write; standard output by default. Its suffix chooses the format.",
)
@click.option(
    "--samples",
    type=click.IntRange(1, 1_000_000),
    help="Weight draws, of each member of an ensemble; the spec's by default.",
)
@click.option(
    "--uncalibrated", is_flag=True, help="Leave out what `bnnc calibrate` fitted to the run."
)
@click.option("--draws", is_flag=True, help="Keep what each draw predicts; in npz only.")
def command(
    run: Path,
    images: Path,
    form: str | None,
    output: Path | None,
    samples: int | None,
    uncalibrated: bool,
    draws: bool,
) -> None:
    """Predict images or rows of a table, with the uncertainty of each prediction.

    INPUT is an image file, a folder of images, or an array file (.npy or .npz) of shape [images,
    height, width, channels]; for a model of features a table in CSV, TSV or Parquet with the
    columns that it was trained on, in any order, or an array file. Of classes, each row says the
    likeliest one, its probability, the entropy of the prediction (the whole uncertainty, in nats)
    and the mutual information (what the weight draws disagree on, in nats). Of several labels an
    image, it says those that are likelier than not, and the probability of each. Of numbers, it
    says the mean, its standard deviation, the parts of it that the noise of the labels and the
    draws of the weights have, and the central 50 %, 90 % and 95 % intervals. Of a run that `bnnc
    calibrate` fitted them to, it also says the prediction set, whether the image is rejected, and
    the ends of the conformal interval. npz holds the arrays themselves, and with --draws what each
    draw of the weights predicts.
    """
    form = form or (output.suffix.lstrip(".").lower() if output else "csv")
    if form not in _FORMATS:
        raise click.UsageError(f"Say the format of {output} with `--format csv|jsonl|npz`.")
    if form == "npz" and output is None:
        raise click.UsageError("npz is not text: give a file with `-o FILE`.")
    if draws and form != "npz":
        raise click.UsageError("`--draws` is kept in npz only: write `-o FILE.npz`.")
    manifest, spec = look_at_run(run)
    if output is not None:
        look_at_file(output)
    with refusals():
        from bnnc.runtime.data import read_images

        resize = None if spec.data is None else spec.data.resize
        columns = (manifest["trained"] or {}).get("feature_names")
        arrays, names, notes = read_images(
            images, shape=spec.input.shape, resize=resize, feature_names=columns
        )
    tell(notes)
    with user_errors():
        program = load_trained(run)
        try:
            prediction = program.predict(arrays, samples, draws=draws, calibrated=not uncalibrated)
        except ArgumentError as error:
            raise UserError(str(error)) from error
        if not uncalibrated and program.calibration is not None:
            tell([program.calibration.summary])
        if balance := program.note_on_balance(calibrated=not uncalibrated):
            tell([balance])
        classes = (program.manifest["trained"] or {}).get("class_names")
        key = spec.input.noun.removesuffix("s")
        _write(form, output, names, prediction, classes, key)


def _write(
    form: str,
    output: Path | None,
    names: list[str],
    prediction: AnyPrediction,
    classes: list[str] | None,
    key: str,
) -> None:
    from bnnc.cli.prediction_rows import arrays_of, rows_of
    from bnnc.system.writing import whole_file, write_text

    if form == "npz":
        import numpy as np

        assert output is not None
        with whole_file(output) as temporary, temporary.open("wb") as file:
            arrays: dict[str, Any] = {key: np.array(names), **arrays_of(prediction)}
            np.savez(file, **arrays)
        return
    rows = list(rows_of(names, prediction, classes, key))
    text = _csv(rows, key) if form == "csv" else "".join(json.dumps(row) + "\n" for row in rows)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(output, text)


def _csv(rows: list[dict[str, str | int | float]], key: str) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]) if rows else [key], lineterminator="\n")
    writer.writeheader()
    # A table is looked at in a terminal, and a name of a file or a class may be anything.
    writer.writerows(
        {key: harmless(one) if isinstance(one, str) else one for key, one in row.items()}
        for row in rows
    )
    return file.getvalue()
