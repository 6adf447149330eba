"""HDF5 files and folders of `.npy` files hold the arrays that an `.npz` archive holds."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import pytest

from bnnc.runtime.data import DataError, load
from bnnc.runtime.data import hdf5 as reader
from bnnc.runtime.data.hdf5 import HDF5Rows
from bnnc.runtime.data.local_path import path_facts
from bnnc.specs.data import Reading, Resize
from tests.support.tiny_program import arrays, program

RNG = np.random.default_rng(8)
ARRAYS: dict[str, npt.NDArray[Any]] = {
    "x_train": RNG.integers(0, 256, (9, 4, 5, 3)).astype(np.uint8),
    "y_train": np.arange(9) % 3,
    "x_val": RNG.integers(0, 256, (3, 4, 5, 3)).astype(np.uint8),
    "y_val": np.arange(3),
}


def hdf5(path: Path, **arrays: Any) -> Path:
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name, data=array)
    return path


def refused(path: Path, match: str) -> None:
    with pytest.raises(DataError, match=match) as loading:
        load(path)
    with pytest.raises(DataError) as seen:
        path_facts(path, name="a")
    assert str(seen.value) == str(loading.value)


@pytest.mark.parametrize("suffix", [".h5", ".hdf5"])
def test_the_arrays_are_those_of_an_archive(tmp_path: Path, suffix: str) -> None:
    np.savez(tmp_path / "a.npz", allow_pickle=False, **ARRAYS)
    path = hdf5(tmp_path / f"a{suffix}", **ARRAYS, other=np.array([b"text"]))
    dataset, expected = load(path), load(tmp_path / "a.npz")
    for part in ("train", "validation"):
        one, other = getattr(dataset, part), getattr(expected, part)
        assert np.array_equal(one.images, other.images)
        assert np.array_equal(one.labels, other.labels)
        assert one.images.dtype == other.images.dtype
    assert dataset.test is None
    assert path_facts(path, name="a") == path_facts(tmp_path / "a.npz", name="a")


def test_mistakes_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    refused(hdf5(path, images=ARRAYS["x_train"]), r"`x_train` is missing.*Received: `images`")
    refused(hdf5(path, x_train=ARRAYS["x_train"]), "`y_train` is missing")
    short = {**ARRAYS, "y_train": np.arange(4)}
    refused(hdf5(path, **short), r"9 images, but .*4 labels")
    refused(hdf5(path, **{**ARRAYS, "y_train": np.array([b"a"] * 9)}), "expected numbers")
    path.write_bytes(hdf5(path, **ARRAYS).read_bytes()[:700])
    refused(path, "cannot be read as HDF5")
    path.write_bytes(b"text")
    refused(path, "cannot be read as HDF5")


def test_numbers_in_other_files_are_not_followed(tmp_path: Path) -> None:
    hdf5(tmp_path / "other.h5", **ARRAYS)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x_train"] = h5py.ExternalLink("other.h5", "x_train")
        file["y_train"] = h5py.SoftLink("/nowhere")
    refused(tmp_path / "a.h5", "`x_train` is missing")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        layout = h5py.VirtualLayout(ARRAYS["x_train"].shape, "uint8")
        layout[...] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x_train", layout.shape)
        file.create_virtual_dataset("x_train", layout)
        file["y_train"] = ARRAYS["y_train"]
    refused(tmp_path / "b.h5", "its numbers are in other files")


@pytest.mark.parametrize("chunks", [None, (1, 6, 6, 1), (7, 6, 3, 1)])
def test_streamed_rows_are_those_in_memory(chunks: Any, tmp_path: Path) -> None:
    images, labels = arrays(20)
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        packed = {} if chunks is None else {"chunks": chunks, "compression": "gzip"}
        file.create_dataset("x_train", data=images, **packed)
        file["y_train"] = labels
    weights = []
    for streaming in (False, True):
        data = load(path, reading=Reading(streaming=streaming)).train
        assert isinstance(data.images, HDF5Rows) is streaming
        assert np.array_equal(np.asarray(data.images), images)
        rows = np.array([7, 2, 19, 7])
        assert np.array_equal(np.asarray(data.images[rows]), images[rows])
        trained = program(data={"source": str(path), "streaming": streaming})
        trained.fit(verbose=0)
        weights.append([np.asarray(one) for one in trained.model.weights])
    assert all(map(np.array_equal, *weights))
    with pytest.raises(DataError, match=r"Delete `data\.resize`"):
        load(path, reading=Reading(Resize(height=4, width=4), streaming=True))


def test_large_files_are_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hdf5(tmp_path / "a.h5", **ARRAYS)
    monkeypatch.setattr(reader, "fits_in_memory", lambda size: size < 12 * 60)
    assert isinstance(load(path).train.images, HDF5Rows)


def test_a_streamed_file_that_changes_is_read_anew_or_named(tmp_path: Path) -> None:
    path = hdf5(tmp_path / "a.h5", **ARRAYS)
    images: Any = load(path, reading=Reading(streaming=True)).train.images
    assert np.array_equal(images.row(3), ARRAYS["x_train"][3])
    hdf5(path, **{**ARRAYS, "x_train": ARRAYS["x_train"][::-1]})
    assert np.array_equal(images.row(3), ARRAYS["x_train"][5])
    path.write_bytes(b"text")
    with pytest.raises(DataError, match=r"a\.h5: cannot be read as HDF5"):
        images.row(3)
