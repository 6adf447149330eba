"""Decoded images that are kept in a file are those that are decoded anew."""

import os
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import bnnc
from bnnc.errors import DataError, OutputError
from bnnc.runtime.data import load
from bnnc.runtime.data.disk_cache import CACHE_HOME, CachedImages
from bnnc.runtime.data.image_files import ImageFiles
from bnnc.runtime.program import Program
from bnnc.runtime.training.batches import ArrayBatches
from bnnc.specs.data import Reading, Resize, Splits
from tests.support.records import folder as records
from tests.support.tiny_program import document

SIZE = 6
RNG = np.random.default_rng(90)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_HOME, str(tmp_path / "cache"))
    return tmp_path / "cache"


def write(file: Path, size: int = SIZE) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(RNG.integers(0, 256, (size, size), dtype=np.uint8)).save(file)


def images(root: Path, size: int = SIZE) -> Path:
    for name in "abc":
        for number in range(7):
            write(root / name / f"{number}.png", size)
    return root


def cached(source: Path, **reading: Any) -> CachedImages:
    found: Any = load(source, reading=Reading(**reading, streaming=True, cache="disk")).train.images
    assert isinstance(found, CachedImages)
    return found


def files(home: Path) -> list[Path]:
    return sorted(home.rglob("*.npy"))


@pytest.mark.parametrize("resize", [None, Resize(height=4, width=5)])
@pytest.mark.parametrize("write_source", [images, records])
def test_the_rows_are_those_that_are_decoded(
    write_source: Any, resize: Resize | None, tmp_path: Path, home: Path
) -> None:
    source = write_source(tmp_path / "images")
    plain = np.asarray(load(source, reading=Reading(resize=resize, streaming=False)).train.images)
    found = cached(source, resize=resize)
    before = found.digest()
    assert np.array_equal(found.read(), plain)
    assert files(home) == []  # nothing is written before it is asked for
    found.cache.fill()
    shutil.rmtree(source)
    rows = np.array([3, 0, 11, 3])
    assert np.array_equal(found[rows].read(), plain[rows])
    assert np.array_equal(found.row(5), plain[5])
    assert files(home) == [found.cache.file]
    assert write_source is images or found.digest() == before


def test_it_is_found_again_and_written_anew_where_the_data_changed(
    tmp_path: Path, home: Path
) -> None:
    source = images(tmp_path / "images")
    first = cached(source)
    first.cache.fill()
    assert cached(source).cache.is_there
    assert not cached(source, resize=Resize(height=4, width=4)).cache.is_there
    write(source / "b/3.png")
    os.utime(source / "b/3.png", ns=(1, 1))
    changed = cached(source)
    assert not changed.cache.is_there
    assert np.array_equal(changed.row(10), np.asarray(Image.open(source / "b/3.png"))[..., None])
    changed.cache.fill()
    assert files(home) == [changed.cache.file] != [first.cache.file]


def test_a_file_that_was_cut_short_is_not_read(tmp_path: Path) -> None:
    found = cached(images(tmp_path / "images"))
    found.cache.fill()
    whole = found.cache.file.read_bytes()
    for length in (0, 50, len(whole) - 1):
        found.cache.file.write_bytes(whole[:length])
        assert not found.cache.is_there
    found.cache.fill()
    assert found.cache.file.read_bytes() == whole


def test_what_ends_the_writing_leaves_nothing(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = images(tmp_path / "images")
    found = cached(source)
    (source / "c/5.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"c/5\.png"):
        found.cache.fill()
    assert not [one for one in home.rglob("*") if one.is_file()]

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    found = cached(images(tmp_path / "others"))
    monkeypatch.setattr(ImageFiles, "read", full)
    with pytest.raises(OutputError, match="No space left on device"):
        found.cache.fill()
    assert not [one for one in home.rglob("*") if one.is_file()]


def test_a_full_disk_is_told_before_anything_is_written(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1, 1, 2**20))
    with pytest.raises(DataError, match=rf"0\.00 GiB free\. Set {CACHE_HOME} to a folder on"):
        cached(images(tmp_path / "images")).cache.fill()
    assert files(home) == []


def trained(source: Path, **data: Any) -> Program:
    spec = document(
        layers=[{"type": "flatten"}, {"type": "dense", "units": 3}],
        input={"shape": [SIZE, SIZE, 1]},
        data={"source": str(source), "validation_split": 0.3, "streaming": True, **data},
        training={"batch_size": 4, "epochs": 2, "seed": 3},
    )
    program = bnnc.compile(spec)
    program.fit(verbose=0)
    return program


def test_training_ends_in_the_same_weights_and_decodes_once(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = images(tmp_path / "images")
    plain = trained(source)
    programs = [trained(source, cache="disk")]
    assert len(files(home)) == 1
    decoded: list[int] = []
    read = ImageFiles.read

    def counted(self: ImageFiles) -> Any:
        decoded.append(len(self))
        return read(self)

    monkeypatch.setattr(ImageFiles, "read", counted)
    programs.append(trained(source, cache="disk"))
    assert decoded == []
    for program in programs:
        assert program.manifest["trained"]["digest"] == plain.manifest["trained"]["digest"]
        for ours, theirs in zip(program.model.weights, plain.model.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_rows_of_a_share_and_of_images_that_are_skipped_are_cached(tmp_path: Path) -> None:
    source = images(tmp_path / "images")
    (source / "a/2.png").write_bytes(b"no image")
    reading = Reading(streaming=True, cache="disk", on_error="skip", splits=Splits(validation=0.3))
    dataset = load(source, reading=reading)
    split: Any = dataset.train
    batches = ArrayBatches(split.images, split.labels, 4, seed=0)
    made = np.concatenate([one.numpy() for one, _ in batches.epoch(0)])
    plain = load(source, reading=Reading(on_error="skip", splits=Splits(validation=0.3))).train
    order = batches.row_order(0)
    assert np.array_equal(made, plain.images[order].astype(np.float32))
    assert split.images.cache.is_there


def test_images_in_memory_are_not_cached_and_arrays_are_refused(tmp_path: Path, home: Path) -> None:
    dataset = load(images(tmp_path / "images"), reading=Reading(cache="disk"))
    assert "`data.cache` is not used" in dataset.notes[-1]
    assert not home.exists()
    np.savez(tmp_path / "a.npz", x_train=np.zeros((2, 3, 3)), y_train=np.arange(2))
    with pytest.raises(DataError, match="Delete `cache`"):
        load(tmp_path / "a.npz", reading=Reading(cache="disk"))
