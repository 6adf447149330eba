"""Images that cannot be read are left out where the spec says so, streamed and in memory."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import bnnc
from bnnc.errors import DataError
from bnnc.runtime.data import load
from bnnc.runtime.data.stored_images import StoredImages
from bnnc.specs.data import ExampleFeatures, Reading, Splits
from tests.support.records import encoded, example, write_records
from tests.support.tiny_program import document, program

IMAGES = np.random.default_rng(60).integers(0, 17, (27, 6, 6, 1), dtype=np.uint8)
BROKEN = (0, 4, 13, 26)
KEPT = np.setdiff1d(np.arange(27), BROKEN)


def content(row: int) -> bytes:
    whole = encoded(IMAGES[row])
    return whole[: len(whole) // 2] if row in BROKEN else whole


def folder(root: Path) -> Path:
    for row in range(27):
        path = root / "abc"[row // 9] / f"{row:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(row))
    return root


def table(root: Path) -> Path:
    root.mkdir()
    for row in range(26):  # the last is not there
        (root / f"{row}.png").write_bytes(content(row))
    lines = [f"{row}.png,{'abc'[row // 9]}" for row in range(27)]
    (root / "labels.csv").write_text("\n".join(["path,label", *lines]))
    return root / "labels.csv"


def records(root: Path) -> Path:
    made = (example(image=content(row), label=row // 9) for row in range(27))
    return write_records(root / "a.tfrecord", made)


def raw(root: Path) -> Path:
    made = [
        example(image=IMAGES[row].tobytes()[row in BROKEN :], label=row // 9) for row in range(27)
    ]
    return write_records(root / "a.tfrecord", made[1:] + made[:1])


@pytest.mark.parametrize("form", [folder, table, records])
def test_the_same_rows_are_left_in_memory_and_streamed(form: Any, tmp_path: Path) -> None:
    path = form(tmp_path / "data")
    with pytest.raises(DataError):
        np.asarray(load(path).train.images)
    weights = []
    for streaming in (False, True):
        data = load(path, reading=Reading(streaming=streaming, on_error="skip"))
        assert isinstance(data.train.images, StoredImages) is streaming
        assert np.array_equal(np.asarray(data.train.images), IMAGES[KEPT])
        assert np.array_equal(data.train.labels, KEPT // 9)
        assert "4 train images cannot be read and are skipped; the first: " in data.notes[-1]
        said = {"source": str(path), "streaming": streaming, "on_error": "skip"}
        trained = program(data=said)
        trained.fit(verbose=0)
        weights.append([np.asarray(one) for one in trained.model.weights])
    assert all(map(np.array_equal, *weights))


def test_records_of_pixels_are_left_out(tmp_path: Path) -> None:
    features = ExampleFeatures(shape=[6, 6, 1], dtype="uint8")
    data = load(raw(tmp_path), reading=Reading(example=features, on_error="skip"))
    assert np.array_equal(data.train.images, IMAGES[KEPT])


def test_damaged_files_move_no_other_to_another_part(tmp_path: Path) -> None:
    path, splits = folder(tmp_path / "data"), Splits(validation=0.2, test=0.3)
    data = load(path, reading=Reading(splits=splits, on_error="skip"))
    for row in BROKEN:
        (path / "abc"[row // 9] / f"{row:02}.png").write_bytes(encoded(IMAGES[row]))
    whole = load(path, reading=Reading(splits=splits))
    for part in ("train", "validation", "test"):
        few, all_of_part = getattr(data, part).images, list(getattr(whole, part).images)
        left = [
            one
            for one in all_of_part
            if not any(np.array_equal(one, IMAGES[row]) for row in BROKEN)
        ]
        assert np.array_equal(few, np.stack(left))


def test_other_sizes_are_no_damage(tmp_path: Path) -> None:
    path = folder(tmp_path)
    Image.new("L", (9, 9)).save(path / "a" / "large.png")
    with pytest.raises(DataError, match="Expected one size for all images"):
        load(path, reading=Reading(on_error="skip"))


def test_a_part_without_an_image_is_refused(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"0\.png: cannot be read as an image"):
        load(tmp_path, reading=Reading(on_error="skip"))
    said = {"source": "digits", "on_error": "skip"}
    report = bnnc.check(document(data=said, input={"shape": [8, 8, 1], "value_range": [0, 16]}))
    (found,) = [one for one in report.diagnostics if one.code == "BNN261"]
    assert "`data.on_error` is about image files" in found.notes[0]
