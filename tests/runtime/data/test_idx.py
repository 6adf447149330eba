import gzip
import os
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bnnc.runtime.data import DataError, idx, load
from bnnc.runtime.data.idx import read_idx

RNG = np.random.default_rng(20)
IMAGES = RNG.integers(0, 256, size=(7, 5, 4), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2, 0], dtype=np.uint8)


def idx_bytes(array: npt.NDArray[np.uint8]) -> bytes:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def write(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def write_pair(
    folder: Path,
    part: str,
    images: npt.NDArray[np.uint8] = IMAGES,
    labels: npt.NDArray[np.uint8] = LABELS,
    *,
    joint: str = "-",
    suffix: str = "",
) -> None:
    write(folder / f"{part}-images{joint}idx3-ubyte{suffix}", idx_bytes(images))
    write(folder / f"{part}-labels{joint}idx1-ubyte{suffix}", idx_bytes(labels))


@pytest.mark.parametrize("joint", ["-", "."])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_is_read_under_every_spelling_of_its_files(
    tmp_path: Path, joint: str, suffix: str
) -> None:
    write_pair(tmp_path, "train", joint=joint, suffix=suffix)
    write_pair(tmp_path, "t10k", IMAGES[:3], LABELS[:3], joint=joint, suffix=suffix)
    dataset = load(tmp_path)
    assert dataset.name == str(tmp_path)
    assert str(tmp_path) in dataset.origin
    assert dataset.class_names is None
    assert dataset.train.images.dtype == np.uint8
    assert np.array_equal(dataset.train.images, IMAGES[..., np.newaxis])
    assert np.array_equal(dataset.train.labels, LABELS)
    assert dataset.test is not None
    assert np.array_equal(dataset.test.images, IMAGES[:3, ..., np.newaxis])
    assert np.array_equal(dataset.test.labels, LABELS[:3])


def test_the_test_files_are_optional(tmp_path: Path) -> None:
    write_pair(tmp_path, "train")
    assert load(tmp_path).test is None


def test_of_a_plain_and_a_compressed_file_the_plain_one_is_read(tmp_path: Path) -> None:
    write_pair(tmp_path, "train")
    write_pair(tmp_path, "train", IMAGES[:1], LABELS[:1], suffix=".gz")
    assert len(load(tmp_path).train.images) == len(IMAGES)


@pytest.mark.parametrize("missing", ["train-images", "train-labels", "t10k-images", "t10k-labels"])
def test_a_missing_companion_is_named_with_its_spellings(tmp_path: Path, missing: str) -> None:
    write_pair(tmp_path, "train")
    write_pair(tmp_path, "t10k")
    next(tmp_path.glob(f"{missing}*")).unlink()
    part, kind = missing.split("-")
    with pytest.raises(DataError, match=f"the file of the {part} {kind} is missing.*{missing}-idx"):
        load(tmp_path)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_an_idx_file_cut_at_any_offset_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"train-images-idx3-ubyte{suffix}"
    write(path, idx_bytes(IMAGES))
    whole = path.read_bytes()
    assert np.array_equal(read_idx(path, rank=3), IMAGES)
    for offset in range(len(whole)):
        path.write_bytes(whole[:offset])
        with pytest.raises(DataError, match="cut short"):
            read_idx(path, rank=3)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_bytes_expected_and_found_are_said_of_a_file_of_the_wrong_length(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"images{suffix}"
    write(path, idx_bytes(IMAGES)[:-40])
    with pytest.raises(DataError, match=r"cut short.*7 × 5 × 4.*expected 156 bytes.*: 116 bytes"):
        read_idx(path, rank=3)
    write(path, idx_bytes(IMAGES) + b"abc")
    with pytest.raises(DataError, match=r"too long.*expected 156 bytes.*Received: 159 bytes"):
        read_idx(path, rank=3)


def test_every_flipped_byte_of_compressed_elements_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    write(path, idx_bytes(IMAGES))
    whole = bytearray(path.read_bytes())
    # Before byte 10 stand the gzip header's time stamp and flags, which carry no element.
    for offset in range(10, len(whole)):
        broken = whole.copy()
        broken[offset] ^= 0xFF
        path.write_bytes(broken)
        with pytest.raises(DataError):
            read_idx(path, rank=3)


def test_a_file_that_is_no_gzip_is_called_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(idx_bytes(IMAGES))
    with pytest.raises(DataError, match="gzip data is corrupt"):
        read_idx(path, rank=3)


def test_labels_in_place_of_images_have_the_wrong_magic_number(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(LABELS))
    with pytest.raises(DataError, match=r"magic.*Expected 0x00000803.*Received: 0x00000801"):
        read_idx(path, rank=3)


def test_a_header_that_promises_terabytes_is_refused_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(struct.pack(">BBBB3I", 0, 0, 8, 3, 2**31, 2**10, 2**10))
    with pytest.raises(DataError, match=r"2,097,152\.0 GiB.*at most 16 GiB"):
        read_idx(path, rank=3)


def test_images_unlike_labels_in_number_are_refused(tmp_path: Path) -> None:
    write_pair(tmp_path, "train", IMAGES, LABELS[:5])
    with pytest.raises(DataError, match=r"train-images.* holds 7 images, but .*labels.* 5 labels"):
        load(tmp_path)


def test_files_without_rows_are_refused(tmp_path: Path) -> None:
    write_pair(tmp_path, "train", IMAGES[:0], LABELS[:0])
    with pytest.raises(DataError, match="holds no rows"):
        load(tmp_path)


def test_test_images_of_another_size_are_refused(tmp_path: Path) -> None:
    write_pair(tmp_path, "train")
    write_pair(tmp_path, "t10k", IMAGES[:, :4])
    with pytest.raises(DataError, match="5 × 4 × 1, but the test images are 4 × 4 × 1"):
        load(tmp_path)


def test_a_folder_in_place_of_an_idx_file_is_refused(tmp_path: Path) -> None:
    write_pair(tmp_path, "train")
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    (tmp_path / "train-labels-idx1-ubyte").mkdir()
    with pytest.raises(
        DataError, match=r"train-labels-idx1-ubyte: cannot be read \(it is a folder"
    ):
        load(tmp_path)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_of_a_file_far_too_long_no_more_is_read_than_shows_it(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"images{suffix}"
    write(path, idx_bytes(IMAGES) + bytes(10_000))
    monkeypatch.setattr(idx, "CHUNK_BYTES", 100)
    with pytest.raises(DataError, match=r"too long.*Received: more than \d\d\d bytes"):
        read_idx(path, rank=3)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_pipe_in_place_of_an_idx_file_is_refused(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"images{suffix}")
    with pytest.raises(DataError, match=r"cannot be read \(it is a pipe; expected a regular file"):
        read_idx(tmp_path / f"images{suffix}", rank=3)
