import os
import pickle
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from bnnc.runtime.data import DataError, load, read_images

RNG = np.random.default_rng(21)
IMAGES = RNG.integers(0, 256, size=(6, 4, 5, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def write(path: Path, **arrays: npt.NDArray[Any]) -> Path:
    np.savez_compressed(path, allow_pickle=True, **arrays)
    return path


def test_an_archive_is_read_with_its_test_arrays(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:2], y_test=LABELS[:2]
    )
    dataset = load(path)
    assert np.array_equal(dataset.train.images, IMAGES)
    assert np.array_equal(dataset.train.labels, LABELS)
    assert dataset.test is not None
    assert np.array_equal(dataset.test.images, IMAGES[:2])
    assert str(path) in dataset.origin


def test_the_test_arrays_are_optional(tmp_path: Path) -> None:
    dataset = load(write(tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS))
    assert dataset.test is None


@pytest.mark.parametrize("shape", [(4, 5, 1), (4, 5), (4, 3, 5, 2), (7,)])
def test_an_archive_holds_images_series_or_volumes_as_they_are(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    arrays = RNG.integers(0, 256, size=(6, *shape), dtype=np.uint8)
    dataset = load(write(tmp_path / "a.npz", x_train=arrays, y_train=LABELS))
    assert np.array_equal(dataset.train.images, arrays)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", ">f8", "int64", "uint16", "i1"])
def test_other_numbers_become_float32_with_the_same_values(tmp_path: Path, dtype: str) -> None:
    images = (IMAGES // 2).astype(dtype)
    dataset = load(write(tmp_path / "a.npz", x_train=images, y_train=LABELS))
    assert dataset.train.images.dtype == np.float32
    assert np.array_equal(dataset.train.images, IMAGES // 2)


def test_labels_are_kept_as_the_file_gives_them(tmp_path: Path) -> None:
    one_hot = np.eye(3)[LABELS]
    dataset = load(write(tmp_path / "a.npz", x_train=IMAGES, y_train=one_hot))
    assert np.array_equal(dataset.train.labels, one_hot)


@pytest.mark.parametrize("missing", ["x_train", "y_train", "x_test", "y_test"])
def test_a_missing_array_is_named_beside_those_that_are_there(tmp_path: Path, missing: str) -> None:
    arrays = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS}
    del arrays[missing]
    there = ", ".join(f"`{key}`" for key in arrays)
    with pytest.raises(DataError, match=f"`{missing}` is missing.*Received: {there}"):
        load(write(tmp_path / "a.npz", **arrays))


class Trap:
    """Would leave a mark if it were ever unpickled."""

    sprung = False

    def __reduce__(self) -> tuple[Any, ...]:
        return setattr, (Trap, "sprung", True)


def test_object_arrays_are_refused_and_never_unpickled(tmp_path: Path) -> None:
    trap = np.empty(6, dtype=object)
    trap[:] = [Trap()] * 6
    with pytest.raises(DataError, match=r"`x_train`: holds Python objects\. Expected numbers"):
        load(write(tmp_path / "a.npz", x_train=trap, y_train=LABELS))
    assert not Trap.sprung


def test_a_pickle_called_npz_is_refused_and_never_unpickled(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(DataError, match=r"cannot be read \(File is not a zip file\)"):
        load(tmp_path / "a.npz")
    assert not Trap.sprung


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_the_first_pixel_that_is_not_finite_is_named(tmp_path: Path, value: float) -> None:
    images = IMAGES.astype(np.float32)
    images[4, 3, 2, 1] = images[4, 3, 4, 0] = images[5, 0, 0, 0] = value
    with pytest.raises(DataError, match=f"row 4, height 3, width 2, channel 1 is {value}"):
        load(write(tmp_path / "a.npz", x_train=images, y_train=LABELS))


def test_a_number_beyond_float32_is_refused(tmp_path: Path) -> None:
    images = IMAGES.astype(np.float64)
    images[2, 0, 0, 0] = 1e300
    with pytest.raises(DataError, match="row 2, height 0, width 0, channel 0 is inf"):
        load(write(tmp_path / "a.npz", x_train=images, y_train=LABELS))


def test_labels_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    labels = LABELS.astype(np.float32)
    labels[3] = np.nan
    with pytest.raises(DataError, match=r"`y_train`: row 3 is nan"):
        load(write(tmp_path / "a.npz", x_train=IMAGES, y_train=labels))


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES[:4], LABELS, "`x_train` holds 4 images, but .*`y_train` holds 6 labels"),
        (IMAGES[:0], LABELS[:0], "holds no rows"),
        (IMAGES[:, :0], LABELS, "holds no pixels"),
        (IMAGES[:, 0, 0, 0], LABELS, r"\[rows, height, width, channels\].*shape \[6\]"),
        (IMAGES[..., None, None], LABELS, r"series or volumes.*shape \[6, 4, 5, 3, 1, 1\]"),
        (IMAGES, LABELS.reshape(6, 1, 1), r"labels of shape \[rows\].*\[6, 1, 1\]"),
        (IMAGES.astype(np.complex64), LABELS, "expected numbers.*complex64"),
        (IMAGES, LABELS.astype(str), "`y_train`: expected numbers.*dtype <U"),
    ],
)
def test_arrays_that_are_no_labelled_images_are_refused(
    tmp_path: Path, images: npt.NDArray[Any], labels: npt.NDArray[Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        load(write(tmp_path / "a.npz", x_train=images, y_train=labels))


def test_a_scalar_label_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Received: shape \[\]"):
        load(write(tmp_path / "a.npz", x_train=IMAGES, y_train=np.array(3)))


def test_an_archive_cut_at_any_offset_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npz", x_train=IMAGES[:2], y_train=LABELS[:2])
    whole = path.read_bytes()
    for offset in range(0, len(whole), 7):
        path.write_bytes(whole[:offset])
        with pytest.raises(DataError, match="cannot be read"):
            load(path)


def test_a_flipped_byte_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npz", x_train=IMAGES[:2], y_train=LABELS[:2])
    whole = path.read_bytes()
    refused = 0
    for offset in range(0, len(whole), 3):
        broken = bytearray(whole)
        broken[offset] ^= 0xFF
        path.write_bytes(broken)
        try:
            dataset = load(path)
        except DataError:
            refused += 1
        else:  # a byte that carries nothing, such as a time stamp
            assert np.array_equal(dataset.train.images, IMAGES[:2])
            assert np.array_equal(dataset.train.labels, LABELS[:2])
    assert refused > len(whole) / 3 / 2


def test_a_member_that_promises_more_or_less_than_it_holds_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", IMAGES)
    content = (tmp_path / "x.npy").read_bytes()
    cases = {
        "cannot be read": content.replace(b"(6, 4, 5, 3)", b"(9, 4, 5, 3)"),
        "too long": content.replace(b"(6, 4, 5, 3)", b"(5, 4, 5, 3)"),
        "GiB uncompressed": content.replace(b"(6, 4, 5, 3), }   ", b"(999999, 40000, 5), }"),
        r"shape \[-1, 4, 5, 3\]": content.replace(b"(6, 4, 5, 3), } ", b"(-1, 4, 5, 3), }"),
        r"version \(3, 0\)": content.replace(b"NUMPY\x01", b"NUMPY\x03"),
    }
    for message, changed in cases.items():
        assert changed != content
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
            archive.writestr("x_train.npy", changed)
            archive.writestr("y_train.npy", content)
        with pytest.raises(DataError, match=message):
            load(tmp_path / "a.npz")


def test_a_single_array_called_npz_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "a.npz").open("wb") as stream:
        np.save(stream, IMAGES)
    with pytest.raises(DataError, match=r"Expected an \.npz archive"):
        load(tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["a.npz", "a.npy"])
def test_a_pipe_in_place_of_arrays_is_refused(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(
        DataError, match=r"cannot be read \(it is a pipe; expected a regular file\)"
    ):
        read_images(tmp_path / name, shape=(6, 5, 3))


def test_of_a_header_of_4_gibibytes_no_more_is_read_than_a_header_can_have(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(b"\x93NUMPY\x02\x00\xff\xff\xff\xff")
    os.truncate(path, 2**40)  # sparse: it takes no room
    tracemalloc.start()
    with pytest.raises(DataError, match="its header is damaged"):
        read_images(path, shape=(6, 5, 3))
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
