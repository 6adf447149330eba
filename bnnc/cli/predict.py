"""`bnnc predict`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bnnc.cli.exit_codes import UserError, refusals, user_errors
from bnnc.cli.looking import bar_of_rows
from bnnc.cli.notes import tell
from bnnc.cli.preflight import look_at_file, look_at_run
from bnnc.cli.trained import load_trained
from bnnc.errors import ArgumentError

if TYPE_CHECKING:
    from bnnc.cli.prediction_files import Form
    from bnnc.cli.prediction_rows import Row
    from bnnc.runtime.data.prediction_images import FoundImages
    from bnnc.runtime.prediction.predictors import AnyPrediction
    from bnnc.runtime.program import Program

_FORMATS = ("csv", "jsonl", "parquet", "npz")


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
@click.option(
    "--probabilities/--no-probabilities",
    default=True,
    help="Whether the probability of each class is written, as `probability_CLASS`. It is by"
    " default.",
)
@click.option("--draws", is_flag=True, help="Keep what each draw predicts; in npz only.")
def command(
    run: Path,
    images: Path,
    form: str | None,
    output: Path | None,
    samples: int | None,
    uncalibrated: bool,
    probabilities: bool,
    draws: bool,
) -> None:
    """Predict images or rows of a table, with the uncertainty of each prediction.

    INPUT is an image file, a folder of images, or an array file (.npy or .npz) of shape [images,
    height, width, channels]; for a model of features a table in CSV, TSV or Parquet with the
    columns that it was trained on, in any order, or an array file. Of classes, each row says the
    likeliest one, its probability, the entropy of the prediction (the whole uncertainty, in nats),
    the mutual information (what the weight draws disagree on, in nats), and the probability of
    each class. Of several labels an
    image, it says those that are likelier than not, and the probability of each. Of numbers, it
    says the mean, its standard deviation, the parts of it that the noise of the labels and the
    draws of the weights have, and the central 50 %, 90 % and 95 % intervals. Of a run that `bnnc
    calibrate` fitted them to, it also says the prediction set, whether the image is rejected, and
    the ends of the conformal interval. npz holds the arrays themselves, and with --draws what each
    draw of the weights predicts.

    Image files are read and predicted some at a time, so their number is not limited by the memory.
    With -o, the command that was killed goes on where it was when it is called again: the parts
    that are done are in FILE.partial until FILE is whole.
    """
    form = form or (output.suffix.lstrip(".").lower() if output else "csv")
    if form not in _FORMATS:
        raise click.UsageError(f"Say the format of {output} with `--format {'|'.join(_FORMATS)}`.")
    if form in ("npz", "parquet") and output is None:
        raise click.UsageError(f"{form} is not text: give a file with `-o FILE`.")
    if draws and form != "npz":
        raise click.UsageError("`--draws` is kept in npz only: write `-o FILE.npz`.")
    manifest, spec = look_at_run(run)
    if output is not None:
        look_at_file(output)
    with refusals():
        from bnnc.cli.prediction_files import FORMS
        from bnnc.runtime.data.prediction_images import find_images

        written = FORMS[form]() if form in FORMS else None
        found = find_images(
            images,
            shape=spec.input.shape,
            resize=None if spec.data is None else spec.data.resize,
            feature_names=(manifest["trained"] or {}).get("feature_names"),
            one_hot=None if spec.data is None else spec.data.one_hot,
        )
    tell(found.notes)
    with user_errors():
        program = load_trained(run)
        asked = _Asked(program, found, samples, calibrated=not uncalibrated)
        if not uncalibrated and program.calibration is not None:
            tell([program.calibration.summary])
        if balance := program.note_on_balance(calibrated=not uncalibrated):
            tell([balance])
        if written is None:
            assert output is not None
            asked.write_arrays(output, draws=draws)
        elif output is None:
            asked.print(written, probabilities=probabilities)
        else:
            asked.write(output, written, form, probabilities=probabilities)
        tell(found.notes_on_reading)


class _Asked:
    """A prediction that was asked for: of which images, by how many draws."""

    def __init__(
        self, program: Program, found: FoundImages, samples: int | None, *, calibrated: bool
    ) -> None:
        self.program, self.found = program, found
        self.samples, self.calibrated = samples, calibrated
        self.key = program.spec.input.noun.removesuffix("s")
        self.classes: list[str] | None = (program.manifest["trained"] or {}).get("class_names")

    def predict(self, rows: slice, *, draws: bool = False) -> AnyPrediction:
        """Predict some images. Raises: DataError naming the file or the row; UserError."""
        from bnnc.runtime.data.images import check_rows
        from bnnc.runtime.data.stored_images import StoredImages

        images, stored = self.found.read(rows), self.found.images[rows]
        if isinstance(stored, StoredImages):
            check_rows(images, stored, self.program.spec.input.value_range)
        try:
            return self.program.predict(
                images, self.samples, draws=draws, calibrated=self.calibrated
            )
        except ArgumentError as error:
            raise UserError(str(error)) from error

    def rows(self, rows: slice, *, probabilities: bool) -> list[Row]:
        """The rows of the table for some images."""
        from bnnc.cli.prediction_rows import rows_of

        made = self.predict(rows)
        return list(
            rows_of(
                self.found.names[rows], made, self.classes, self.key, probabilities=probabilities
            )
        )

    def print(self, form: Form, *, probabilities: bool) -> None:
        """Print the table, part by part."""
        from bnnc.cli.prediction_files import parts_of

        for number, part in enumerate(parts_of(self.found)):
            rows = self.rows(part, probabilities=probabilities)
            click.echo(form.encoded(rows, is_first=number == 0).decode(), nl=False)

    def write(self, output: Path, form: Form, name: str, *, probabilities: bool) -> None:
        """Write the table into a file, and go on where a killed command was."""
        from bnnc.cli.prediction_files import write_predictions
        from bnnc.version import VERSION

        count, noun = len(self.found), self.program.spec.input.noun
        calibration = self.program.calibration if self.calibrated else None
        job = {
            "bnnc": VERSION,
            "run": self.program.manifest.get("identity"),
            "steps": [model.steps_taken for model in self.program.models],
            "samples": self.program.draws(self.samples),
            "calibration": None if calibration is None else calibration.to_dict(),
            "classes": self.classes,
            "format": name,
            "probabilities": probabilities,
        }
        with bar_of_rows(noun) as progress:
            write_predictions(
                output,
                form,
                self.found,
                lambda part: self.rows(part, probabilities=probabilities),
                job,
                resumed=lambda done: tell(
                    [f"{done:,} of {count:,} {noun} were predicted before, and the others follow"]
                ),
                progress=progress or (lambda done, rows: None),
            )

    def write_arrays(self, output: Path, *, draws: bool) -> None:
        """Write the arrays of the prediction of all images."""
        import numpy as np

        from bnnc.cli.prediction_rows import arrays_of
        from bnnc.system.writing import whole_file

        prediction = self.predict(slice(None), draws=draws)
        with whole_file(output) as temporary, temporary.open("wb") as file:
            arrays: dict[str, Any] = {self.key: np.array(self.found.names), **arrays_of(prediction)}
            np.savez(file, **arrays)
