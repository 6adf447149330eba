"""Which files are in which class and part; no pixel is read, and no file passed over silently."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bnnc.runtime.data import DataError, load, read_images
from bnnc.runtime.data.class_folders import find_class_folders, meant_part
from bnnc.runtime.data.file_kinds import FileKind, kind_of

ENCODED = {
    **dict.fromkeys(("jpg", "jpeg", "jpe", "jfif", "JFIF"), "JPEG"),
    **dict.fromkeys(("bmp", "dib"), "BMP"),
    **dict.fromkeys(("tif", "tiff"), "TIFF"),
    "png": "PNG",
    "gif": "GIF",
    "webp": "WEBP",
}


def image(path: Path, encoding: str = "PNG", value: int = 100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 3), value).save(path, format=encoding)
    return path


def two_classes(root: Path) -> None:
    for name in ("a", "b"):
        image(root / name / "0.png")


@pytest.mark.parametrize("suffix", list(ENCODED))
def test_every_suffix_of_a_format_is_read(tmp_path: Path, suffix: str) -> None:
    two_classes(tmp_path)
    image(tmp_path / f"b/1.{suffix}", ENCODED[suffix])
    dataset = load(tmp_path)
    assert len(dataset.train.images) == 3
    assert dataset.notes == ()
    assert len(read_images(tmp_path, shape=(3, 4, 1)).images) == 3


@pytest.mark.parametrize("encoding", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF"])
@pytest.mark.parametrize("name", ["1", "scan.0001", "1.dat"])
def test_a_file_without_a_known_suffix_is_judged_by_its_first_bytes(
    tmp_path: Path, encoding: str, name: str
) -> None:
    two_classes(tmp_path)
    path = image(tmp_path / "b" / name, encoding, 200)
    images = load(tmp_path).train.images
    assert abs(int(images[2].max()) - 200) <= 2
    assert len(read_images(path, shape=(3, 4, 1)).images) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("0.mhd", b"NDims = 3"),
        ("0.mha.gz", b"\x1f\x8b\x08" + b"\0" * 30),
        ("0.npy", b"\x93NUMPY\x01\x00"),
        ("0.exr", b"\x76\x2f\x31\x01\2\0\0\0"),
        ("0.heic", b"\0\0\0\x18ftypheic\0\0\0\0"),
        ("0.avif", b"\0\0\0\x18ftypavif\0\0\0\0"),
        ("0.jp2", b"\0\0\0\x0cjP  \r\n"),
        ("0.pgm", b"P2 1 1 255 7"),
        ("0.svg", b"<svg/>"),
        ("0.zip", b"PK\3\4\0\0"),
        ("0.png~", b"any"),
        ("IM0001", b"\0" * 132),
    ],
)
def test_files_that_hold_data_are_named_and_counted(
    tmp_path: Path, name: str, content: bytes
) -> None:
    two_classes(tmp_path)
    (tmp_path / "b" / name).write_bytes(content)
    (tmp_path / "a" / "notes.txt").write_text("harmless")
    with pytest.raises(DataError) as error:
        load(tmp_path)
    assert "1 file among the images cannot be read: 1 " in str(error.value)
    assert f"the first is b/{name}" in str(error.value)
    with pytest.raises(DataError, match="1 file among the images cannot be read"):
        read_images(tmp_path, shape=(3, 4, 1))


def test_files_that_nobody_reads_are_counted_by_their_kind_in_all_parts(tmp_path: Path) -> None:
    for part, count in (("train", 3), ("val", 1), ("test", 2)):
        two_classes(tmp_path / part)
        for index in range(count):
            (tmp_path / part / "b" / f"{index}.mhd").write_bytes(b"\0" * 200)
    (tmp_path / "test/a/0.mha.gz").write_bytes(b"\0")
    with pytest.raises(
        DataError, match=r"7 files among .*: 6 \.mhd, 1 \.mha\.gz; the first is tra"
    ):
        load(tmp_path)


def test_harmless_files_are_passed_over_and_counted(tmp_path: Path) -> None:
    two_classes(tmp_path)
    for name in ("0.txt", "1.txt", "0.xml", "LICENSE", ".DS_Store", "._0.png", "Thumbs.db"):
        (tmp_path / "a" / name).write_bytes(b"\0" if name in (".DS_Store", "Thumbs.db") else b"x")
    dataset = load(tmp_path)
    assert len(dataset.train.images) == 2
    counted = "2 .txt, 2 hidden, 1 .xml, 1 LICENSE, 1 Thumbs.db"
    assert dataset.notes == (f"{tmp_path}: 7 files are no images and were passed over: {counted}",)
    assert read_images(tmp_path, shape=(3, 4, 1)).notes == dataset.notes


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_or_a_broken_link_is_refused_without_waiting(tmp_path: Path) -> None:
    two_classes(tmp_path)
    os.mkfifo(tmp_path / "b/1.png")
    with pytest.raises(DataError, match="1 pipes or devices; the first is b/1.png"):
        load(tmp_path)
    (tmp_path / "b/1.png").unlink()
    (tmp_path / "b/1.png").symlink_to(tmp_path / "nothing")
    with pytest.raises(DataError, match="1 links to nothing; the first is b/1.png"):
        load(tmp_path)


@pytest.mark.parametrize(
    "called",
    [
        ("train", "val", "test"),
        ("train", "valid", "test"),
        ("Training", "validation", "TEST"),
        ("imagesTr", "Dev", "testing_images"),
    ],
)
def test_three_parts_are_read_with_one_order_of_classes(
    tmp_path: Path, called: tuple[str, str, str]
) -> None:
    for part, value in zip(called, (10, 20, 30), strict=True):
        for offset, name in enumerate(("2", "10", "1")):
            image(tmp_path / part / name / "0.png", value=value + offset)
    found = find_class_folders(tmp_path)
    assert list(found.parts) == ["train", "validation", "test"]
    assert found.class_names == ("1", "2", "10")
    assert found.counts("validation") == (1, 1, 1)
    dataset = load(tmp_path)
    assert dataset.validation is not None
    assert dataset.test is not None
    for split, value in ((dataset.train, 10), (dataset.validation, 20), (dataset.test, 30)):
        assert split.labels.tolist() == [0, 1, 2]
        assert split.images[:, 0, 0, 0].tolist() == [value + 2, value, value + 1]


def test_validation_images_alone_go_with_training_images(tmp_path: Path) -> None:
    for part in ("train", "val"):
        two_classes(tmp_path / part)
    dataset = load(tmp_path)
    assert dataset.validation is not None
    assert dataset.test is None


@pytest.mark.parametrize(
    ("names", "part"),
    [
        (
            ("Train", "TRAIN", "training", "Training_set", "train_images", "imagesTr", "trn"),
            "train",
        ),
        (("train2017", "train-data", "training images", "Trainset"), "train"),
        (("Val", "Validation", "validate", "valid_set", "val_images", "dev"), "validation"),
        (("Test", "testing", "TestSet", "test_data", "eval", "Evaluation"), "test"),
        (("trains", "trainer", "plane", "invalid", "contest", "protest", "devil", "data"), None),
    ],
)
def test_other_names_of_the_parts_are_known(names: tuple[str, ...], part: str | None) -> None:
    found = {name: meant_part(name) for name in names}
    found.pop("trains", None)  # a class of vehicles, or a part: it holds images, or folders
    assert set(found.values()) == {part}


def test_classes_that_are_called_like_parts_are_classes_if_they_hold_images(tmp_path: Path) -> None:
    for name in ("Training", "valid", "plane"):
        image(tmp_path / name / "0.png")
    assert load(tmp_path).class_names == ("Training", "plane", "valid")


def test_a_file_is_told_by_name_before_it_is_opened(tmp_path: Path) -> None:
    for name, kind in (("a.png", FileKind.IMAGE), ("a.json", FileKind.HARMLESS)):
        (tmp_path / name).write_bytes(b"")
        (tmp_path / name).chmod(0)
        assert kind_of(tmp_path / name) is kind


def test_images_under_a_known_name_keep_their_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders of a known source sorted as text are not in the known order of its classes."""
    from dataclasses import replace

    from bnnc.runtime.data import keras_datasets

    known = replace(
        keras_datasets.MNIST, rows_train=2, rows_test=2, shape=(3, 4, 1), classes=2,
        class_names=("shoe", "bag"),
    )  # fmt: skip
    monkeypatch.setenv("BNNC_DATA_HOME", str(tmp_path))
    monkeypatch.setitem(keras_datasets._SOURCES, "mnist", known)
    for part in ("train", "test"):
        image(tmp_path / "mnist" / part / "bag" / "0.png", value=1)
        image(tmp_path / "mnist" / part / "shoe" / "0.png", value=2)
    dataset = keras_datasets.load_known("mnist")
    assert dataset.class_names == ("shoe", "bag")
    assert dataset.train.images[:, 0, 0, 0].tolist() == [2, 1]
    assert np.array_equal(dataset.train.labels, [0, 1])
