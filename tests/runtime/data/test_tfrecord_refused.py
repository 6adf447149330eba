"""TFRecord files that are damaged, or unlike what is expected of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bnnc.errors import DataError
from bnnc.runtime.data import load
from bnnc.runtime.data.errors import SpecDataError
from bnnc.runtime.data.local_path import path_facts
from bnnc.runtime.data.survey import survey_data
from bnnc.runtime.data.tfrecord.framing import mapped, records_of
from bnnc.specs.data import Decode, ExampleFeatures, Labels, Reading
from tests.support.records import (
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


def as_record(content: bytes, path: Path) -> Path:
    return write_records(path, [content])


@pytest.mark.parametrize("kind", ["raw", "encoded", "numbers"])
def test_changed_bytes_under_a_right_checksum_are_an_error_of_the_data(
    kind: str, tmp_path: Path
) -> None:
    """Every byte of a record changed in several ways: it is read, or refused, and no more."""
    image = {"raw": bytes(4), "encoded": encoded(IMAGES[0][:2, :2]), "numbers": [1, 2, 3, 300]}
    whole = example(image=image[kind], label=1, height=2, width=2)
    path = tmp_path / "one.tfrecord"
    refused = 0
    for at in range(min(len(whole), 100)):
        for flipped in (1, 2, 5, 128, 255):
            content = bytearray(whole)
            content[at] ^= flipped
            as_record(bytes(content), path)
            for look in (load, lambda path: path_facts(path, name="x")):
                try:
                    look(path)
                except DataError:
                    refused += 1
    assert refused > 100
