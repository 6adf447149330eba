"""Files of predictions are written part by part, and put together once all parts are there."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from bnnc.cli import prediction_files
from bnnc.cli.prediction_files import FORMS, parts_of, write_predictions
from bnnc.errors import OutputError
from bnnc.runtime.data import DataError
from bnnc.runtime.data.prediction_images import FoundImages, find_images

SHAPE = (4, 3, 1)
FILES = 23
EACH = 5

Job = dict[str, Any]


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(prediction_files, "_MOST_ROWS", EACH)
    for number in range(FILES):
        write(tmp_path / f"images/{number % 3}/{number:02d}.png", number)
    return tmp_path / "images"


def write(file: Path, value: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 3), value, np.uint8)).save(file)


class Killed(BaseException):
    """What ends a process at once."""


class Predicted:
    """Predicts the first pixel, and remembers for which rows; it is killed at a call of a number."""

    def __init__(self, images: Path, killed_at: int | None = None) -> None:
        self.found = find_images(images, shape=SHAPE)
        self.rows: list[slice] = []
        self.resumed: list[int] = []
        self._killed_at = killed_at

    def __call__(self, rows: slice) -> list[dict[str, str | int | float]]:
        if len(self.rows) == self._killed_at:
            raise Killed
        self.rows.append(rows)
        values = self.found.read(rows)[:, 0, 0, 0]
        return [
            {"image": name, "value": int(value), "half": float(value) / 2}
            for name, value in zip(self.found.names[rows], values, strict=True)
        ]

    def write(self, output: Path, job: Job | None = None) -> None:
        write_predictions(
            output,
            FORMS[output.suffix.removeprefix(".")](),
            self.found,
            self,
            job or {"run": "one"},
            resumed=self.resumed.append,
            progress=lambda done, rows: None,
        )


def read_csv(file: Path) -> list[dict[str, Any]]:
    with file.open(newline="") as text:
        return list(csv.DictReader(text))


def read_jsonl(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def read_parquet(file: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(file).to_pylist()
    return rows


@pytest.mark.parametrize(
    ("suffix", "read"), [("csv", read_csv), ("jsonl", read_jsonl), ("parquet", read_parquet)]
)
def test_a_killed_prediction_goes_on_to_the_same_file(
    suffix: str, read: Callable[[Path], list[dict[str, Any]]], images: Path, tmp_path: Path
) -> None:
    output, whole = tmp_path / f"out.{suffix}", tmp_path / f"whole.{suffix}"
    Predicted(images).write(whole)
    for killed_at in (2, 1):
        with pytest.raises(Killed):
            Predicted(images, killed_at).write(output)
        assert not output.exists()
    last = Predicted(images)
    last.write(output)
    assert last.resumed == [3 * EACH]
    assert [rows.start for rows in last.rows] == [15, 20]
    assert output.read_bytes() == whole.read_bytes()
    rows = read(output)
    expected = sorted(f"{number % 3}/{number:02d}.png" for number in range(FILES))
    assert [row["image"] for row in rows] == expected
    assert [int(row["value"]) for row in rows] == [int(name[2:4]) for name in expected]
    assert not list(tmp_path.glob("*.partial"))


def test_parts_of_files_that_changed_and_of_other_jobs_are_predicted_anew(
    images: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.csv"
    with pytest.raises(Killed):
        Predicted(images, 4).write(output)
    write(images / "0/18.png", 99)  # in the second part
    with pytest.raises(Killed):
        Predicted(images, 1).write(output)
    last = Predicted(images)
    last.write(output)
    assert [rows.start for rows in last.rows] == [20]
    assert read_csv(output)[6]["value"] == "99"

    with pytest.raises(Killed):
        Predicted(images, 4).write(output)
    other = Predicted(images)
    other.write(output, {"run": "another"})
    assert len(other.rows) == 5
    assert other.resumed == []


def test_an_image_that_cannot_be_read_leaves_the_parts_before_it(
    images: Path, tmp_path: Path
) -> None:
    wrong = images / "2/20.png"
    whole = wrong.read_bytes()
    wrong.write_bytes(whole[:45])
    output = tmp_path / "out.csv"
    with pytest.raises(DataError, match=r"20\.png"):
        Predicted(images).write(output)
    wrong.write_bytes(whole)
    last = Predicted(images)
    last.write(output)
    assert [rows.start for rows in last.rows] == [20]
    assert len(read_csv(output)) == FILES


def test_a_single_part_has_no_folder_of_parts(images: Path, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        Predicted(images / "0/00.png", 0).write(tmp_path / "one.csv")
    assert not list(tmp_path.glob("*.partial"))
    Predicted(images / "0/00.png").write(tmp_path / "one.csv")
    assert read_csv(tmp_path / "one.csv") == [{"image": "00.png", "value": "0", "half": "0.0"}]


def test_a_folder_of_something_else_is_left_alone(images: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv.partial").mkdir()
    (tmp_path / "out.csv.partial/mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds something else"):
        Predicted(images).write(tmp_path / "out.csv")
    assert (tmp_path / "out.csv.partial/mine.txt").read_text() == "mine"


def test_a_part_fits_into_the_memory_of_a_part() -> None:
    large = FoundImages(np.zeros((9, 4096, 4096, 1), np.uint8), ["x"] * 9, (4096, 4096, 1))
    assert [rows.stop for rows in parts_of(large)] == [4, 8, 12]
    small = FoundImages(np.zeros((9000, 2), np.float32), ["x"] * 9000, (2,))
    assert [rows.stop for rows in parts_of(small)] == [4096, 8192, 12288]
