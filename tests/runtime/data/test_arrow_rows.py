"""Images in Parquet and Arrow files, in the form of Hugging Face's `datasets`."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as arrow
import pytest
from pyarrow import parquet

from bnnc.errors import DataError
from bnnc.runtime.data import load
from bnnc.runtime.data.errors import SpecDataError
from bnnc.runtime.data.local_path import path_facts
from bnnc.runtime.data.stored_images import StoredImages
from bnnc.runtime.data.survey import survey_data
from bnnc.specs.data import Labels, Reading, Splits
from tests.support.records import encoded
from tests.support.tiny_program import program

RNG = np.random.default_rng(90)
IMAGES = RNG.integers(0, 17, (20, 6, 6, 1), dtype=np.uint8)
LABELS = np.arange(20) % 3
NAMES = ("cat", "dog", "eel")


def table(rows: Iterable[int], *, names: bool = True, **columns: Any) -> Any:
    """As `to_parquet` and `save_to_disk` write it: structs of bytes and a path, and the features."""
    rows = list(rows)
    content: dict[str, Any] = {
        "image": [{"bytes": encoded(IMAGES[row]), "path": f"{row}.png"} for row in rows],
        "label": [int(LABELS[row]) for row in rows],
        "who": [f"p{row // 4}" for row in rows],
        **columns,
    }
    features = {"image": {"_type": "Image"}, "label": {"names": NAMES, "_type": "ClassLabel"}}
    info = json.dumps({"info": {"features": features}})
    made = arrow.table(content)
    return made.replace_schema_metadata({"huggingface": info}) if names else made


def write(path: Path, made: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        parquet.write_table(made, path)
        return path
    with arrow.OSFile(str(path), "wb") as file, arrow.ipc.new_stream(file, made.schema) as stream:
        stream.write_table(made, max_chunksize=7)
    return path


def hub(root: Path) -> Path:
    write(root / "train-00000-of-00002.parquet", table(range(13)))
    write(root / "train-00001-of-00002.parquet", table(range(13, 20)))
    write(root / "test-00000-of-00001.parquet", table(range(20)))
    return root


def disk(root: Path) -> Path:
    for part in ("train", "test"):
        write(root / part / "data-00000-of-00002.arrow", table(range(13)))
        write(root / part / "data-00001-of-00002.arrow", table(range(13, 20)))
        (root / part / "state.json").write_text("{}")
    (root / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    return root


@pytest.mark.parametrize("form", [hub, disk])
def test_tables_of_images_are_read_in_memory_and_streamed(form: Any, tmp_path: Path) -> None:
    path = form(tmp_path / "data")
    facts = path_facts(path, name="x")
    assert (facts.rows, facts.shape, facts.classes) == (20, (6, 6, 1), 3)
    assert facts.label_counts == (7, 7, 6)
    assert facts.has_test
    weights = []
    for streaming in (False, True):
        data = load(path, reading=Reading(streaming=streaming))
        assert data.class_names == NAMES
        for split in (data.train, data.test):
            assert split is not None
            assert isinstance(split.images, StoredImages) is streaming
            assert np.array_equal(np.asarray(split.images), IMAGES)
            assert np.array_equal(split.labels, LABELS)
        trained = program(data={"source": str(path), "streaming": streaming})
        trained.fit(verbose=0)
        weights.append([np.asarray(one) for one in trained.model.weights])
    assert all(map(np.array_equal, *weights))
    survey, refusal = survey_data(str(path))
    assert refusal is None
    assert survey.rows == {"train": 20, "test": 20}


def test_columns_are_named_as_those_of_a_table(tmp_path: Path) -> None:
    scores = [float(row) for row in range(20)]
    made = table(range(20), names=False, score=scores, mask=[b"x"] * 20)
    path = write(tmp_path / "a.parquet", made)
    labels = Labels(path="image", target="score")
    reading = Reading(labels=labels, kind="real", splits=Splits(test=0.2, by="who"))
    data = load(path, reading=reading)
    assert data.test is not None
    assert len(set(data.test.labels // 4)) == 1
    assert np.array_equal(data.train.images[:, 0, 0], IMAGES[data.train.labels.astype(int), 0, 0])
    for wrong, key in ((Labels(path="who"), "path"), (Labels(target="age"), "target")):
        with pytest.raises(SpecDataError, match=r"holds no images|no column `age`") as error:
            load(path, reading=Reading(labels=wrong))
        assert error.value.path[-1] == key
    with pytest.raises(SpecDataError, match="no column `patient`"):
        load(path, reading=Reading(splits=Splits(test=0.2, by="patient")))


def test_classes_that_the_spec_lists_have_the_order_of_the_data(tmp_path: Path) -> None:
    path = hub(tmp_path)
    assert load(path, classes=NAMES).class_names == NAMES
    with pytest.raises(DataError, match="class 0 is `cat`"):
        load(path, classes=NAMES[::-1])


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_bad_tables_are_named(suffix: str, tmp_path: Path) -> None:
    images = [{"bytes": encoded(one), "path": ""} for one in IMAGES]
    images[17] = {"bytes": None, "path": "cat.png"}  # type: ignore[dict-item]
    path = write(tmp_path / f"a{suffix}", table(range(20), image=images))
    for streaming in (False, True):
        with pytest.raises(DataError, match=rf"a\{suffix}, row 18: holds no bytes of an image"):
            np.asarray(load(path, reading=Reading(streaming=streaming)).train.images)
    path.write_bytes(path.read_bytes()[:300])
    for look in (load, lambda path: path_facts(path, name="x")):
        with pytest.raises(DataError, match=rf"a\{suffix}: cannot be read"):
            look(path)


def test_tables_of_paths_are_still_read_as_such(tmp_path: Path) -> None:
    for row, image in enumerate(IMAGES[:6]):
        (tmp_path / f"{row}.png").write_bytes(encoded(image))
    columns = {"path": [f"{row}.png" for row in range(6)], "label": [0, 1, 2, 0, 1, 2]}
    path = write(tmp_path / "labels.parquet", arrow.table(columns))
    assert np.array_equal(load(path).train.images, IMAGES[:6])
