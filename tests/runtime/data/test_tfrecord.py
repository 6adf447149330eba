"""TFRecord files that TensorFlow wrote, read without it: in memory and streamed."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bnnc.errors import DataError
from bnnc.runtime.data import load
from bnnc.runtime.data.errors import SpecDataError
from bnnc.runtime.data.local_path import path_facts
from bnnc.runtime.data.stored_images import StoredImages
from bnnc.runtime.data.tfrecord.example import features_of, numbers
from bnnc.runtime.preparation import prepare_dataset
from bnnc.specs.data import ExampleFeatures, Reading, Resize, Splits
from tests.support.records import (
    COLOUR,
    IMAGES,
    LABELS,
    encoded,
    example,
    folder,
    one,
    rows_of,
    write_records,
)
from tests.support.tiny_program import program

NAMES = ("cat", "dog", "eel")


FORMS: dict[str, Any] = {
    "image files": lambda at: (IMAGES, *one(at, rows_of(map(encoded, IMAGES)))),
    "in colour": lambda at: (COLOUR, *one(at, rows_of(map(encoded, COLOUR)))),
    "raw with a shape": lambda at: (
        IMAGES,
        *one(
            at,
            rows_of(image.tobytes() for image in IMAGES),
            example=ExampleFeatures(shape=[6, 6, 1], dtype="uint8"),
        ),
    ),
    "raw floating-point numbers": lambda at: (
        IMAGES.astype(np.float32),
        *one(
            at,
            rows_of(image.astype("<f8").tobytes() for image in IMAGES),
            example=ExampleFeatures(shape=[6, 6, 1], dtype="float64"),
        ),
    ),
    "raw with features of its size": lambda at: (
        COLOUR,
        *one(
            at,
            (
                {"image_raw": image.tobytes(), "label": label, "height": 6, "width": 5, "depth": 3}
                for image, label in zip(COLOUR, LABELS, strict=True)
            ),
        ),
    ),
    "serialized tensors": lambda at: (
        IMAGES.astype(np.float32),
        *one(
            at, rows_of(tf.io.serialize_tensor(image.astype("int32")).numpy() for image in IMAGES)
        ),
    ),
    "lists of floats": lambda at: (
        IMAGES.astype(np.float32),
        *one(
            at,
            rows_of(image.astype(np.float32) for image in IMAGES),
            example=ExampleFeatures(shape=[6, 6, 1]),
        ),
    ),
    "lists of integers": lambda at: (
        (IMAGES.astype(np.float32) - 3) * 100,
        *one(
            at,
            rows_of((image.astype(np.int64) - 3) * 100 for image in IMAGES),
            example=ExampleFeatures(shape=[6, 6, 1]),
        ),
    ),
    "other names": lambda at: (
        IMAGES,
        *one(
            at,
            (
                {"photo": encoded(image), "mask": encoded(image), "grade": label, "id": "x"}
                for image, label in zip(IMAGES, LABELS, strict=True)
            ),
            example=ExampleFeatures(image="photo", label="grade"),
        ),
    ),
    "as ImageNet": lambda at: (
        IMAGES,
        *one(
            at,
            (
                {"image__encoded": encoded(image), "image__class__label": label, "image__height": 6}
                for image, label in zip(IMAGES, LABELS, strict=True)
            ),
        ),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_in_memory_and_streamed(form: str, tmp_path: Path) -> None:
    images, path, reading = FORMS[form](tmp_path)
    facts = path_facts(path, name="mine", reading=reading)
    assert (facts.rows, facts.shape, facts.dtype) == (20, images.shape[1:], images.dtype.name)
    assert facts.label_counts == (7, 7, 6)
    for streaming in (False, True):
        train = load(path, reading=Reading(example=reading.example, streaming=streaming)).train
        assert isinstance(train.images, StoredImages) is streaming
        assert train.images.dtype == images.dtype
        assert train.images.shape == images.shape
        assert np.array_equal(np.asarray(train.images), images)
        assert np.array_equal(train.labels, LABELS)
        chosen = np.array([19, 2, 7])
        assert np.array_equal(np.asarray(train.images[chosen]), images[chosen])


def test_shards_have_the_parts_of_their_names_or_folders(tmp_path: Path) -> None:
    by_name = load(folder(tmp_path / "names", "train", "validation", "test"))
    for part in ("train", "val", "test"):
        folder(tmp_path / "folders" / part, "shard")
    by_folder = load(tmp_path / "folders")
    for data in (by_name, by_folder):
        for split in (data.train, data.validation, data.test):
            assert split is not None
            assert np.array_equal(split.images, IMAGES)
            assert np.array_equal(split.labels, LABELS)


def test_a_pattern_names_some_of_the_shards(tmp_path: Path) -> None:
    folder(tmp_path, "train", "test")
    data = load("train-*", relative_to=tmp_path)
    assert np.array_equal(data.train.images, IMAGES)
    assert data.test is None
    assert path_facts(tmp_path / "*1-of*", name="x").rows == 3
    with pytest.raises(DataError, match="no file to train on, only test"):
        load("test-*", relative_to=tmp_path)
    with pytest.raises(DataError, match="neither a known name nor an existing path"):
        load("valid-*", relative_to=tmp_path)


def test_files_of_which_some_say_a_part_are_refused(tmp_path: Path) -> None:
    path = folder(tmp_path, "train")
    write_records(path / "more.tfrecord", [])
    with pytest.raises(DataError, match=r"of more\.tfrecord says no part"):
        load(path)


@pytest.mark.parametrize("data", [{}, {"splits": {"validation": 0.2, "test": 0.2}}])
def test_training_ends_in_the_same_weights(data: dict[str, Any], tmp_path: Path) -> None:
    source, weights = str(folder(tmp_path)), []
    for streaming in (False, True):
        trained = program(data={"source": source, "streaming": streaming, **data})
        trained.fit(verbose=0)
        weights.append([np.asarray(one) for one in trained.model.weights])
    assert all(map(np.array_equal, *weights))


def test_tensorflow_decodes_the_same_pixels_from_the_bytes(tmp_path: Path) -> None:
    form = [encoded(image, "JPEG" if row % 2 else "PNG") for row, image in enumerate(COLOUR)]
    path, _ = one(tmp_path, rows_of(form))
    spec = program(input={"shape": [6, 5, 3], "value_range": [0, 255]}).spec
    orders = []
    for streaming in (False, True):
        data = load(path, reading=Reading(streaming=streaming))
        train = prepare_dataset(spec, data, "data").train
        with train.reading():
            orders.append([images.numpy() for images, _ in train.epoch(1)])
    assert all(map(np.array_equal, *orders))


def test_class_names_are_read_as_text(tmp_path: Path) -> None:
    names = [NAMES[label] for label in LABELS]
    path, _ = one(tmp_path, rows_of(map(encoded, IMAGES), names))
    data = load(path)
    assert data.class_names == NAMES
    assert np.array_equal(data.train.labels, LABELS)
    assert path_facts(path, name="x").classes == 3
    turned = load(path, classes=NAMES[::-1])
    assert np.array_equal(turned.train.labels, 2 - LABELS)
    with pytest.raises(DataError, match="does not list: cat"):
        load(path, classes=("dog", "eel"))


def test_numbers_and_several_labels(tmp_path: Path) -> None:
    made = [
        {
            "image": encoded(image),
            "age": float(row),
            "size": row,
            "tags": [row, 1],
            "who": f"p{row // 4}",
        }
        for row, image in enumerate(IMAGES)
    ]
    path, _ = one(tmp_path, made)

    def labels(label: Any) -> Any:
        return load(path, reading=Reading(example=ExampleFeatures(label=label))).train.labels

    assert labels("age").dtype == np.float32
    assert labels(["age", "size"]).tolist() == [[row, row] for row in range(20)]
    assert labels("tags").tolist() == [[row, 1] for row in range(20)]
    reading = Reading(example=ExampleFeatures(label="size"), splits=Splits(test=0.2, by="who"))
    data = load(path, reading=reading)
    assert data.test is not None
    assert data.test.labels.tolist() == list(range(data.test.labels[0], data.test.labels[0] + 4))
    with pytest.raises(SpecDataError, match="no feature `patient`"):
        load(
            path,
            reading=Reading(example=ExampleFeatures(label="size"), splits=Splits(by="patient")),
        )


def test_images_are_resized(tmp_path: Path) -> None:
    size = Resize(height=4, width=3)
    whole = load(one(tmp_path / "a", rows_of(map(encoded, IMAGES)))[0], reading=Reading(size))
    raw, _ = one(tmp_path / "b", rows_of(image.tobytes() for image in IMAGES))
    reading = Reading(size, example=ExampleFeatures(shape=[6, 6, 1], dtype="uint8"), streaming=True)
    assert whole.train.images.shape == (20, 4, 3, 1)
    assert np.array_equal(np.asarray(load(raw, reading=reading).train.images), whole.train.images)


def test_no_tensorflow_is_needed_for_the_facts(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = folder(tmp_path)
    code = (
        "import sys; from pathlib import Path; from bnnc.runtime.data.local_path import path_facts; "
        f"print(path_facts(Path({str(path)!r}), name='x').rows, 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["20", "False"]


@pytest.mark.parametrize("values", [[0], [-1], [2**62, -(2**63), 300, 5], list(range(200))])
def test_whole_numbers_are_those_that_tensorflow_wrote(values: list[int]) -> None:
    assert numbers(features_of(memoryview(example(x=values)))["x"]).tolist() == values


def test_lists_that_are_not_packed_are_read() -> None:
    floats = b"".join(b"\x0d" + struct.pack("<f", value) for value in (1.5, -2.0))
    feature = b"\x12" + bytes([len(floats)]) + floats
    entry = b"\x0a\x01x\x12" + bytes([len(feature)]) + feature
    features = b"\x0a" + bytes([len(entry)]) + entry
    made = memoryview(b"\x0a" + bytes([len(features)]) + features)
    assert numbers(features_of(made)["x"]).tolist() == [1.5, -2.0]
