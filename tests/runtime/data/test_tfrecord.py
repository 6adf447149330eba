"""TFRecord files that TensorFlow wrote, read without it: in memory, streamed, and damaged."""

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
from bnnc.runtime.data.survey import survey_data
from bnnc.runtime.data.tfrecord.example import features_of, numbers
from bnnc.runtime.data.tfrecord.framing import mapped, records_of
from bnnc.runtime.preparation import prepare_dataset
from bnnc.specs.data import Decode, ExampleFeatures, Labels, Reading, Resize, Splits
from tests.support.records import encoded, example, write_records
from tests.support.tiny_program import program

RNG = np.random.default_rng(70)
IMAGES = RNG.integers(0, 17, (20, 6, 6, 1), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (20, 6, 5, 3), dtype=np.uint8)
LABELS = np.arange(20) % 3
NAMES = ("cat", "dog", "eel")


def folder(root: Path, *parts: str) -> Path:
    """Two shards of each part; three rows of the first part are in the second shard."""
    for part in parts or ("train",):
        for shard, rows in enumerate((range(17), range(17, 20))):
            name = f"{part}-0000{shard}-of-00002.tfrecord"
            made = (example(image=encoded(IMAGES[row]), label=LABELS[row]) for row in rows)
            write_records(root / name, made)
    return root


def one(root: Path, rows: Any, **reading: Any) -> tuple[Path, Reading]:
    return write_records(root / "data.tfrecord", (example(**row) for row in rows)), Reading(
        **reading
    )


def rows_of(images: Any, labels: Any = LABELS) -> Any:
    for image, label in zip(images, labels, strict=True):
        yield {"image": image, "label": label}


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


# What is refused.


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


def places(path: Path) -> list[tuple[int, int]]:
    with mapped(path) as view:
        return [(record.start, record.length) for record in records_of(path, view)]


def spoil(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 255
    path.write_bytes(data)


@pytest.mark.parametrize("streaming", [True, False])
def test_a_damaged_record_is_named(streaming: bool, tmp_path: Path) -> None:
    path = folder(tmp_path) / "train-00000-of-00002.tfrecord"
    start, _ = places(path)[5]
    at = path.read_bytes().index(b"IDAT", start) + 6
    spoil(path, at)
    trained = program(data={"source": str(tmp_path), "streaming": streaming})
    with pytest.raises(DataError, match=r"00000-of-00002\.tfrecord, record 5: is damaged"):
        trained.fit(verbose=0)


def test_a_damaged_length_and_a_cut_file_are_named(tmp_path: Path) -> None:
    path = folder(tmp_path) / "train-00000-of-00002.tfrecord"
    whole = path.read_bytes()
    spoil(path, places(path)[6][0] - 12)
    with pytest.raises(DataError, match=r"record 6: is damaged: the checksum of its length"):
        load(tmp_path)
    for left in (2, 10, 40):
        path.write_bytes(whole[:-left])
        with pytest.raises(DataError, match=r"record 16: is cut short"):
            load(tmp_path)
    path.write_bytes(whole[:5])
    with pytest.raises(DataError, match=r"record 0: is cut short"):
        load(tmp_path)
    for shard in tmp_path.iterdir():
        shard.write_bytes(b"")
    with pytest.raises(DataError, match="holds no records"):
        load(tmp_path)


def test_a_survey_lists_damaged_records_and_goes_on(tmp_path: Path) -> None:
    path = folder(tmp_path) / "train-00000-of-00002.tfrecord"
    spoil(path, path.read_bytes().index(b"IDAT", places(path)[5][0]) + 6)
    survey, refusal = survey_data(str(tmp_path))
    assert refusal is None
    assert survey.rows == {"train": 19}
    assert survey.shape == (6, 6, 1)
    (one,) = survey.unreadable
    assert one.file == "train-00000-of-00002.tfrecord, record 5"
    assert one.reason == "is damaged: its checksum is that of other bytes"


@pytest.mark.parametrize(("kind", "word"), [("GZIP", "gunzip"), ("ZLIB", "without")])
def test_compressed_files_are_refused_with_the_way_out(
    kind: str, word: str, tmp_path: Path
) -> None:
    made = [example(image=encoded(image), label=0) for image in IMAGES]
    path = write_records(tmp_path / "a.tfrecord", made, kind)
    with pytest.raises(DataError, match=rf"compressed as a whole \({kind}\).*{word}"):
        load(path)


@pytest.mark.parametrize(
    ("row", "features", "message", "at"),
    [
        ({"image": b"abcdef", "label": 1}, None, "6 bytes, and no shape is known", "example"),
        ({"image": b"abc", "label": 1}, {"shape": [2, 2]}, r"\[2, 2\] of uint8 has 4", "example"),
        ({"image": b"abc", "label": 1}, {"dtype": "float32"}, "no shape is known", "example"),
        ({"image": [1.0, 2.0], "label": 1}, None, "it has 2 numbers, and no shape", "example"),
        ({"a": b"abc", "b": b"abc", "label": 1}, None, "no feature is called `image`", "example"),
        ({"image": b"abc", "one": 1, "two": 2}, None, "no feature is called `label`", "example"),
        (
            {"image": b"a", "label": 1, "class": 2},
            None,
            "may be the label: label, class",
            "example",
        ),
        ({"image": b"a", "label": 1}, {"image": "photo"}, "no feature `photo`", "image"),
        ({"image": b"a", "label": 1}, {"label": "grade"}, "no feature `grade`", "label"),
    ],
)
def test_features_that_are_not_plain_are_asked_for(
    row: Any, features: Any, message: str, at: str, tmp_path: Path
) -> None:
    path, _ = one(tmp_path, [row])
    reading = Reading(example=None if features is None else ExampleFeatures(**features))
    for look in (load, lambda path, reading: path_facts(path, name="x", reading=reading)):
        with pytest.raises(SpecDataError, match=message) as error:
            look(path, reading=reading)
        assert error.value.path[-1] == at


@pytest.mark.parametrize(
    ("last", "message"),
    [
        ({"image": encoded(IMAGES[0])}, "record 20: has no feature `label`"),
        (
            {"image": encoded(IMAGES[0]), "label": [1, 2]},
            "record 20: feature `label` has 2 numbers",
        ),
        ({"image": encoded(IMAGES[0]), "label": "cat"}, "record 20: feature `label` has text"),
        ({"image": encoded(IMAGES[0][:3]), "label": 1}, "6 × 6 × 1|2 sizes"),
        ({"image": b"nothing", "label": 1}, "record 20: cannot be read as an image"),
        ({"label": 1}, "record 20: has no feature `image`"),
    ],
)
@pytest.mark.parametrize("streaming", [True, False])
def test_a_record_unlike_the_others_is_named(
    last: Any, message: str, streaming: bool, tmp_path: Path
) -> None:
    path, _ = one(tmp_path, [*rows_of(map(encoded, IMAGES)), last])
    with pytest.raises(DataError, match=message):
        np.asarray(load(path, reading=Reading(streaming=streaming)).train.images)


def test_what_is_about_other_data_is_refused(tmp_path: Path) -> None:
    path, _ = one(tmp_path, rows_of(map(encoded, IMAGES)))
    with pytest.raises(SpecDataError, match="labels of its own"):
        load(path, reading=Reading(labels=Labels()))
    raw, _ = one(tmp_path / "raw", rows_of(image.tobytes() for image in IMAGES))
    features = ExampleFeatures(shape=[6, 6, 1], dtype="uint8")
    with pytest.raises(SpecDataError, match="`data.decode` is about image files"):
        load(raw, reading=Reading(channels=Decode(channels=1).channels, example=features))
    np.savez(tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS)
    for source in (tmp_path / "a.npz", "digits"):
        with pytest.raises(SpecDataError, match=r"`data\.example` names"):
            load(source, reading=Reading(example=features))
    text = tmp_path / "records.tfrecord"
    text.write_text("no records at all")
    with pytest.raises(DataError, match="does not begin as a TFRecord file"):
        load(text)
    write_records(text, [b"\xff" * 20])
    with pytest.raises(DataError, match=r"record 0: is no `tf\.train\.Example`"):
        load(text)


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
