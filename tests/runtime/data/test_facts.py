"""What a check sees of local data is what loading it gives, and needs no image to be read."""

import gzip
import os
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from bnnc.runtime.data import DataError, image_folder, image_stack, load
from bnnc.runtime.data import label_counts as counting
from bnnc.runtime.data.label_counts import count_labels
from bnnc.runtime.data.load import look_for
from bnnc.runtime.data.local_path import path_facts
from bnnc.specs.sources import DataFacts

ROWS = 30
LABELS = np.arange(ROWS) % 4


def images(*shape: int, dtype: str = "uint8") -> npt.NDArray[Any]:
    return np.random.default_rng(0).integers(0, 200, (ROWS, *shape)).astype(dtype)


def npz(path: Path, **arrays: npt.NDArray[Any]) -> Path:
    np.savez_compressed(path, allow_pickle=False, **arrays)
    return path


def idx(path: Path, array: npt.NDArray[Any]) -> None:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    data = header + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def idx_folder(folder: Path, ending: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    for part in ("train", "t10k"):
        idx(folder / f"{part}-images-idx3-ubyte{ending}", images(5, 6))
        idx(folder / f"{part}-labels-idx1-ubyte{ending}", LABELS)
    return folder


def class_folders(at: Path, *parts: str) -> Path:
    for part in parts or ("",):
        for index, label in enumerate(LABELS):
            place = at / "folder" / part / f"class {label}" / f"{index}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(images(4, 5)[index]).save(place)
    return at / "folder"


SOURCES: dict[str, Callable[[Path], Path]] = {
    "npz": lambda at: npz(at / "a.npz", x_train=images(4, 5, 3), y_train=LABELS),
    "npz without channels": lambda at: npz(at / "a.npz", x_train=images(4, 5), y_train=LABELS),
    "npz of floats": lambda at: npz(
        at / "a.npz", x_train=images(7, 2, dtype="float32"), y_train=LABELS[:, None]
    ),
    "npz of one-hot labels": lambda at: npz(
        at / "a.npz", x_train=images(4, 5, 1), y_train=np.eye(4)[LABELS]
    ),
    "npz with a test part": lambda at: npz(
        at / "a.npz",
        x_train=images(4, 5, 1),
        y_train=LABELS,
        x_test=images(4, 5, 1)[:9],
        y_test=LABELS[:9],
    ),
    "npz with a validation part": lambda at: npz(
        at / "a.npz",
        x_train=images(4, 5, 1),
        y_train=LABELS,
        x_val=images(4, 5, 1)[:9],
        y_val=LABELS[:9],
    ),
    "class folders": lambda at: class_folders(at),
    "class folders in parts": lambda at: class_folders(at, "train", "val", "test"),
    "IDX": lambda at: idx_folder(at / "idx"),
    "IDX, gzipped": lambda at: idx_folder(at / "idx", ".gz"),
}


@pytest.mark.parametrize("source", SOURCES)
def test_the_facts_are_those_of_the_loaded_data(source: str, tmp_path: Path) -> None:
    path = SOURCES[source](tmp_path)
    facts, dataset = path_facts(path, name="mine"), load(path)
    loaded = dataset.train
    assert facts.has_validation == (dataset.validation is not None)
    assert facts.has_test == (dataset.test is not None)
    assert facts.class_names == dataset.class_names
    assert facts.name == "mine"
    assert facts.rows == len(loaded.images)
    assert facts.shape == loaded.images.shape[1:]
    assert facts.dtype == loaded.images.dtype.name
    indices = loaded.labels.argmax(1) if loaded.labels.shape[1:] == (4,) else loaded.labels
    assert facts.label_counts == tuple(np.bincount(np.ravel(indices)))
    assert facts.label_columns == (loaded.labels.shape[1] if loaded.labels.ndim == 2 else 1)


def test_no_image_is_read(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", x_train=images(40, 50, 3), y_train=LABELS)
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo("x_train.npy")
    data = bytearray(path.read_bytes())
    middle = place.header_offset + place.compress_size // 2
    data[middle : middle + 2000] = bytes(2000)
    path.write_bytes(data)
    with pytest.raises(DataError, match="cannot be read"):
        load(path)
    assert path_facts(path, name="a").rows == ROWS


def test_many_labels_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = npz(tmp_path / "a.npz", x_train=images(4, 5, 3), y_train=LABELS)
    monkeypatch.setattr(counting, "FEW_BYTES", LABELS.nbytes - 1)
    assert path_facts(path, name="a").label_counts is None
    monkeypatch.setattr(counting, "FEW_BYTES", LABELS.nbytes)
    assert path_facts(path, name="a").label_counts is not None


def test_of_a_folder_with_very_many_files_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = class_folders(tmp_path)
    monkeypatch.setattr(image_folder, "MOST_FILES", ROWS + 3)  # and four class folders
    assert path_facts(folder, name="a") == DataFacts(name="a")
    monkeypatch.setattr(image_folder, "MOST_FILES", ROWS + 4)
    assert path_facts(folder, name="a").rows == ROWS


def test_of_many_images_some_headers_are_read_and_gray_is_not_certain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = class_folders(tmp_path)
    monkeypatch.setattr(image_stack, "MOST_HEADERS", 5)
    assert path_facts(folder, name="a").shape is None
    for path in folder.rglob("*.png"):
        Image.open(path).convert("RGB").save(path)
    assert path_facts(folder, name="a").shape == (4, 5, 3)


def damaged(kind: str, folder: Path) -> Path:
    """Data that loading refuses, and whose headers show it."""
    if kind == "no labels":
        return npz(folder / "a.npz", x_train=images(2, 2))
    if kind == "half a test part":
        return npz(folder / "a.npz", x_train=images(2, 2), y_train=LABELS, x_test=images(2, 2))
    if kind == "fewer labels":
        return npz(folder / "a.npz", x_train=images(2, 2), y_train=LABELS[1:])
    if kind == "words":
        return npz(folder / "a.npz", x_train=images(2, 2), y_train=np.array(["a"] * ROWS))
    if kind == "one axis":
        return npz(folder / "a.npz", x_train=LABELS, y_train=LABELS)
    if kind == "another size of test images":
        arrays = {"x_test": images(3, 2), "y_test": LABELS}
        return npz(folder / "a.npz", x_train=images(2, 2), y_train=LABELS, **arrays)
    if kind == "no archive":
        (folder / "a.npz").write_bytes(b"no archive")
        return folder / "a.npz"
    if kind == "objects":
        ragged = np.empty(2, dtype=object)
        ragged[:] = [[1], [2, 3]]
        np.savez(folder / "a.npz", x_train=ragged, y_train=LABELS)
        return folder / "a.npz"
    if "class" in kind:
        path = class_folders(folder)
        if kind == "one class alone":
            for label in (1, 2, 3):
                shutil.rmtree(path / f"class {label}")
        elif kind == "a class without images":
            shutil.rmtree(path / "class 1")
            (path / "class 1").mkdir()
        elif kind == "an image of another size in a class":
            Image.fromarray(images(9, 9)[0]).save(path / "class 1" / "1.png")
        else:
            (path / "class 1" / "1.dcm").write_bytes(b"DICM")
        return path
    if kind == "a table":
        (folder / "a.csv").write_text("1,2\n")
        return folder / "a.csv"
    path = idx_folder(folder / "idx")
    images_path = path / "train-images-idx3-ubyte"
    match kind:
        case "IDX without labels":
            (path / "train-labels-idx1-ubyte").unlink()
        case "IDX cut short":
            images_path.write_bytes(images_path.read_bytes()[:-1])
        case "IDX too long":
            images_path.write_bytes(images_path.read_bytes() + b"0")
        case "IDX of labels":
            idx(images_path, LABELS)
        case "IDX of fewer labels":
            idx(path / "train-labels-idx1-ubyte", LABELS[1:])
    return path


@pytest.mark.parametrize(
    "kind",
    [
        *("no labels", "half a test part", "fewer labels", "words", "one axis"),
        *("another size of test images", "no archive", "objects", "a table"),
        *("IDX without labels", "IDX cut short", "IDX too long", "IDX of labels"),
        "IDX of fewer labels",
        *("one class alone", "a class without images", "a file in a class that is no image"),
        "an image of another size in a class",
    ],
)
def test_what_loading_refuses_by_its_headers_is_refused_in_the_same_words(
    kind: str, tmp_path: Path
) -> None:
    path = damaged(kind, tmp_path)
    with pytest.raises(DataError) as refused:
        load(path)
    with pytest.raises(DataError) as seen:
        path_facts(path, name=str(path))
    assert str(seen.value) == str(refused.value)


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.npz")
    for read in (load, look_for):
        with pytest.raises(DataError, match=r"Received: a pipe or a device"):
            read(tmp_path / "a.npz")


def test_other_data_is_not_taken_for_a_misspelt_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("kmnist", "EMNIST", "svhn", "stl10"):
        with pytest.raises(DataError, match="does not download this data") as refused:
            load(name)
        assert "Did you mean" not in str(refused.value)


@pytest.mark.parametrize(
    ("labels", "counts"),
    [
        ([0, 2, 2], (1, 0, 2)),
        ([[1], [1]], (0, 2)),
        ([0.0, 1.0, 1.0], (1, 2)),
        ([True, False, True], (1, 2)),
        ([[0, 1], [1, 0], [0, 1]], (1, 2)),
        ([[1, 1], [1, 0]], None),  # several labels a row
        ([-1, 0], None),
        ([0.5, 1.0], None),
        ([float("nan"), 1.0], None),
        ([0, 10**9], None),
        ([], None),
    ],
)
def test_labels_are_counted_where_they_are_classes(
    labels: list[Any], counts: tuple[int, ...] | None
) -> None:
    assert count_labels(np.array(labels)) == counts
