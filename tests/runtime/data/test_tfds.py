"""Folders of TensorFlow Datasets, read without it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bnnc.errors import DataError
from bnnc.runtime.data import load
from bnnc.runtime.data.local_path import path_facts
from bnnc.specs.data import ExampleFeatures, Reading
from tests.support.records import encoded, example, write_records

IMAGES = np.random.default_rng(95).integers(0, 256, (20, 6, 5, 3), dtype=np.uint8)
LABELS = np.arange(20) % 3
KIND = "tensorflow_datasets.core.features"


def prepared(root: Path, **info: Any) -> Path:
    """What `tfds.builder(NAME, data_dir=...).download_and_prepare()` leaves, but for statistics."""
    parts = {"train": (12, 4), "test": (3,), "extra": (1,)}
    for part, lengths in parts.items():
        for shard, rows in enumerate(lengths):
            made = (
                example(photo=encoded(image), kind=label, photo__filename="x")
                for image, label in zip(IMAGES[:rows], LABELS[:rows], strict=True)
            )
            write_records(root / f"pets-{part}.tfrecord-0000{shard}-of-0000{len(lengths)}", made)
    splits = [{"name": part, "shardLengths": list(map(str, rows))} for part, rows in parts.items()]
    about = {"name": "pets", "fileFormat": "tfrecord", "splits": splits, **info}
    (root / "dataset_info.json").write_text(json.dumps(about))
    features = {
        "photo": {"pythonClassName": f"{KIND}.image_feature.Image"},
        "kind": {"pythonClassName": f"{KIND}.class_label_feature.ClassLabel"},
        "photo/filename": {"pythonClassName": f"{KIND}.text_feature.Text"},
    }
    (root / "features.json").write_text(json.dumps({"featuresDict": {"features": features}}))
    (root / "kind.labels.txt").write_text("cat\ndog\neel\n")
    return root


def test_names_splits_and_classes_are_those_of_the_folder(tmp_path: Path) -> None:
    prepared(tmp_path / "pets/1.0.0")
    prepared(tmp_path / "pets/1.10.2")
    (tmp_path / "pets/1.0.0/features.json").write_text("no JSON")
    for path in (tmp_path / "pets/1.10.2", tmp_path / "pets"):  # the latest version
        facts = path_facts(path, name="x")
        assert (facts.rows, facts.shape, facts.classes) == (16, (6, 5, 3), 3)
        assert facts.class_names == ("cat", "dog", "eel")
        for streaming in (False, True):
            data = load(path, reading=Reading(streaming=streaming))
            assert data.test is not None
            assert data.validation is None
            expected = np.concatenate([IMAGES[:12], IMAGES[:4]])
            assert np.array_equal(np.asarray(data.train.images), expected)
            assert np.array_equal(data.test.labels, LABELS[:3])
            assert data.class_names == ("cat", "dog", "eel")
    own = Reading(example=ExampleFeatures(image="photo", label="photo/filename"))
    assert load(path, reading=own).class_names == ("x",)


def test_a_folder_that_is_not_whole_is_named(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "a")
    with pytest.raises(DataError, match="class 0 is `cat`"):
        load(folder, classes=("eel", "dog", "cat"))
    next(folder.glob("pets-train*")).unlink()
    with pytest.raises(DataError, match="names 2 files of `train`, and 1 are there"):
        load(folder)
    (folder / "features.json").write_text("{")
    with pytest.raises(DataError, match=r"features\.json: is not what TensorFlow Datasets writes"):
        path_facts(folder, name="x")
    other = prepared(tmp_path / "b", fileFormat="array_record")
    with pytest.raises(DataError, match="stored as array_record"):
        load(other)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("dataset_info.json", "[]", "an object"),
        ("dataset_info.json", '{"splits": ["train"]}', r"`splits\.0`"),
        ("dataset_info.json", '{"splits": [{"name": "train", "shardLengths": ["x"]}]}', "integer"),
        ("dataset_info.json", '{"splits": 3}', "`splits`"),
        ("features.json", '{"featuresDict": []}', "`featuresDict`"),
        (
            "features.json",
            '{"featuresDict": {"features": {"a": 1}}}',
            r"`featuresDict\.features\.a`",
        ),
        ("features.json", "[" * 100_000, "recursion"),
    ],
)
def test_a_description_of_another_form_is_refused(
    file: str, text: str, message: str, tmp_path: Path
) -> None:
    folder = prepared(tmp_path)
    (folder / file).write_text(text)
    with pytest.raises(DataError, match=rf"{file}: is not what .*{message}"):
        path_facts(folder, name="x")
