"""Folders of `.npy` files, in memory and streamed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bnnc.errors import DataError
from bnnc.runtime.data import load, npy_folder
from bnnc.runtime.data.images import with_channels
from bnnc.runtime.data.local_path import path_facts
from bnnc.runtime.data.npy_folder import StoredRows
from bnnc.specs.data import Reading, Resize, Splits
from tests.support.tiny_program import program

RNG = np.random.default_rng(50)


def arrays(dtype: str = "uint8", *, channels: bool = True) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for part, rows in (("train", 20), ("val", 7), ("test", 9)):
        images = RNG.integers(0, 17, (rows, 6, 6, 1))
        made[f"x_{part}"] = (images if channels else images[..., 0]).astype(dtype)
        made[f"y_{part}"] = np.arange(rows) % 3
    return made


def write(folder: Path, made: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, array in made.items():
        np.save(folder / f"{name}.npy", array)
    return folder


@pytest.mark.parametrize("dtype", ["uint8", "bool", "int64", "float64", ">f4"])
@pytest.mark.parametrize("channels", [True, False])
def test_it_is_the_same_data_as_an_archive(dtype: str, channels: bool, tmp_path: Path) -> None:
    made = arrays(dtype, channels=channels)
    np.savez(tmp_path / "data.npz", **made)
    archive = load(tmp_path / "data.npz")
    folder = write(tmp_path / "data", made)
    for streaming in (False, True):
        data = load(folder, reading=Reading(streaming=streaming))
        for part in ("train", "validation", "test"):
            one, other = getattr(archive, part), getattr(data, part)
            assert isinstance(other.images, StoredRows) is streaming
            assert other.images.dtype == one.images.dtype
            assert other.images.shape == one.images.shape
            assert np.array_equal(np.asarray(other.images), one.images)
            assert np.array_equal(other.labels, one.labels)
            whole = with_channels(other.images, (6, 6, 1))
            assert whole.shape == (len(one.labels), 6, 6, 1)
            assert np.array_equal(np.asarray(whole[:3]).ravel(), one.images[:3].ravel())


def test_its_facts_are_those_of_the_archive(tmp_path: Path) -> None:
    made = arrays()
    np.savez(tmp_path / "data.npz", **made)
    folder = write(tmp_path / "data", made)
    for reading in (Reading(), Reading(streaming=True)):
        assert path_facts(folder, name="one", reading=reading) == path_facts(
            tmp_path / "data.npz", name="one"
        )


@pytest.mark.parametrize("data", [{}, {"splits": {"test": 0.2}}])
def test_training_ends_in_the_same_weights(data: dict[str, Any], tmp_path: Path) -> None:
    made = arrays(channels=False)
    if data:
        made = {name: one for name, one in made.items() if name.endswith("train")}
    folder, weights = write(tmp_path / "data", made), []
    for streaming in (False, True):
        trained = program(data={"source": str(folder), "streaming": streaming, **data})
        trained.fit(verbose=0)
        weights.append([np.asarray(one) for one in trained.model.weights])
    assert all(map(np.array_equal, *weights))


def test_large_arrays_are_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "data", arrays())
    monkeypatch.setattr(npy_folder, "fits_in_memory", lambda size: size < 36 * 36)
    assert isinstance(load(folder).train.images, StoredRows)
    monkeypatch.setattr(npy_folder, "fits_in_memory", lambda size: size <= 36 * 36)
    assert isinstance(load(folder).train.images, np.ndarray)


@pytest.mark.parametrize("sampled", [2, 256])
def test_a_row_that_is_no_number_ends_the_first_epoch_by_its_place(
    sampled: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StoredRows.sample, "__defaults__", (sampled,))
    made = arrays("float32")
    made["x_train"][13, 2, 3, 0] = np.nan
    folder = write(tmp_path / "data", made)
    trained = program(data={"source": str(folder), "streaming": True})
    with pytest.raises(DataError, match=r"x_train\.npy, row 13: .* is nan"):
        trained.fit(verbose=0)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("x_train", np.array([object()] * 20), "holds Python objects"),
        ("x_train", np.zeros((20, 0, 6, 1)), "holds no pixels"),
        ("x_train", np.array(["a"] * 20), "expected numbers"),
        ("x_test", np.zeros((9, 5, 6, 1)), "the test images are 5 × 6 × 1"),
        ("y_train", np.zeros(19), "20 images, but .* 19"),
    ],
)
@pytest.mark.parametrize("streaming", [True, False])
def test_arrays_that_are_no_images_are_refused(
    name: str, array: Any, message: str, streaming: bool, tmp_path: Path
) -> None:
    folder = write(tmp_path / "data", {**arrays(), name: array})
    with pytest.raises(DataError, match=message):
        load(folder, reading=Reading(streaming=streaming))


def test_a_file_that_is_cut_short_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", arrays())
    path = folder / "x_train.npy"
    path.write_bytes(path.read_bytes()[:-5])
    for streaming in (True, False):
        with pytest.raises(DataError, match=r"x_train\.npy: cannot be read"):
            np.asarray(load(folder, reading=Reading(streaming=streaming)).train.images)


def test_streamed_arrays_are_not_resized(tmp_path: Path) -> None:
    folder, resize = write(tmp_path / "data", arrays()), Resize(height=4, width=4)
    assert load(folder, reading=Reading(resize=resize)).train.images.shape == (20, 4, 4, 1)
    with pytest.raises(DataError, match=r"Delete `data\.resize`"):
        load(folder, reading=Reading(resize=resize, streaming=True))


def test_shares_are_split_off_without_reading(tmp_path: Path) -> None:
    made = {name: one for name, one in arrays().items() if name.endswith("train")}
    folder = write(tmp_path / "data", made)
    splits = Splits(test=0.3, validation=0.2)
    kept = load(folder, reading=Reading(splits=splits))
    streamed = load(folder, reading=Reading(splits=splits, streaming=True))
    assert kept.test is not None
    assert streamed.test is not None
    assert isinstance(streamed.test.images, StoredRows)
    assert np.array_equal(np.asarray(streamed.test.images), kept.test.images)
