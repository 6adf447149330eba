"""`bnnc predict`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bnnc.cli.endings import UsersError, users_errors

if TYPE_CHECKING:
    from bnnc.runtime.prediction import Prediction

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
    "--samples", type=click.IntRange(1, 1_000_000), help="Weight draws; the spec's by default."
)
def command(
    run: Path, images: Path, form: str | None, output: Path | None, samples: int | None
) -> None:
    """Classify images, with confidence, entropy and mutual information.

    INPUT is an image file, a folder of images, or an array file (.npy or .npz) of shape
    [images, height, width, channels]. Each row says the likeliest class, its probability, the
    entropy of the prediction (the whole uncertainty, in nats) and the mutual information (what
    the weight draws disagree on, in nats). npz holds the probabilities too.
    """
    form = form or (output.suffix.lstrip(".").lower() if output else "csv")
    if form not in _FORMATS:
        raise click.UsageError(f"Say the format of {output} with `--format csv|jsonl|npz`.")
    if form == "npz" and output is None:
        raise click.UsageError("npz is not text: give a file with `-o FILE`.")
    with users_errors():
        from bnnc.runtime.data import read_images
        from bnnc.runtime.program import load

        program = load(run)
        if not program.trained:
            raise UsersError(f"{run} was built and never trained: `bnnc train {run}` trains it")
        arrays, names = read_images(images, shape=program.spec.input.shape)
        prediction = program.predict(arrays, samples)
        classes = (program.manifest["trained"] or {}).get("class_names")
        _write(form, output, names, prediction, classes)


def _write(
    form: str,
    output: Path | None,
    names: list[str],
    prediction: Prediction,
    classes: list[str] | None,
) -> None:
    from bnnc.runtime.files import whole_file, write_text

    if form == "npz":
        import numpy as np

        assert output is not None
        with whole_file(output) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                image=np.array(names),
                label=prediction.label,
                probs=prediction.probs,
                entropy=prediction.entropy,
                expected_entropy=prediction.expected_entropy,
                mutual_information=prediction.mutual_information,
            )
        return
    rows = list(_rows(names, prediction, classes))
    text = _csv(rows) if form == "csv" else "".join(json.dumps(row) + "\n" for row in rows)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(output, text)


def _rows(
    names: list[str], prediction: Prediction, classes: list[str] | None
) -> Iterator[dict[str, str | int | float]]:
    columns = (
        prediction.label,
        prediction.confidence,
        prediction.entropy,
        prediction.mutual_information,
    )
    for name, label, confidence, entropy, information in zip(names, *columns, strict=True):
        yield {
            "image": name,
            "label": int(label),
            "class": classes[label] if classes else str(label),
            "confidence": round(float(confidence), 6),
            "entropy": round(float(entropy), 6),
            "mutual_information": round(float(information), 6),
        }


def _csv(rows: list[dict[str, str | int | float]]) -> str:
    file = io.StringIO()
    fields = ["image", "label", "class", "confidence", "entropy", "mutual_information"]
    writer = csv.DictWriter(file, fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
