from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from bnnc.runtime.data import DataError, read_images

RNG = np.random.default_rng(24)
COLOR = RNG.integers(0, 256, size=(4, 6, 5, 3), dtype=np.uint8)
GRAY = COLOR[..., :1]


def write(path: Path, array: npt.NDArray[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)
    return path


def test_one_image_is_read_under_its_name(tmp_path: Path) -> None:
    images, names, _ = read_images(write(tmp_path / "cat.png", COLOR[0]), shape=(6, 5, 3))
    assert np.array_equal(images, COLOR[:1])
    assert names == ["cat.png"]


def test_a_folder_is_read_with_its_subfolders_in_the_order_of_the_paths(tmp_path: Path) -> None:
    for index, name in enumerate(["b/1.png", "a.png", "b/0.bmp", "c/d/e.png"]):
        write(tmp_path / name, COLOR[index])
    (tmp_path / "notes.txt").write_text("passed over")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    images, names, _ = read_images(tmp_path, shape=(6, 5, 3))
    assert names == ["a.png", "b/0.bmp", "b/1.png", "c/d/e.png"]
    assert np.array_equal(images, COLOR[[1, 2, 0, 3]])


def test_images_take_the_channels_of_the_model(tmp_path: Path) -> None:
    color = write(tmp_path / "color.png", COLOR[0])
    gray = write(tmp_path / "gray.png", GRAY[0, ..., 0])
    images, _, _ = read_images(gray, shape=(6, 5, 3))
    assert np.array_equal(images[0], np.repeat(GRAY[0], 3, axis=-1))
    images, _, _ = read_images(color, shape=(6, 5, 1))
    luma = COLOR[0] @ np.array([0.299, 0.587, 0.114])  # ITU-R 601-2
    assert np.abs(images[0, ..., 0] - luma).max() < 1


@pytest.mark.parametrize(
    ("array", "expected"),
    [(GRAY, GRAY), (GRAY[..., 0], GRAY), (GRAY[0], GRAY[:1]), (GRAY[0, ..., 0], GRAY[:1])],
)
def test_an_array_is_read_with_or_without_the_axes_of_length_one(
    tmp_path: Path, array: npt.NDArray[Any], expected: npt.NDArray[Any]
) -> None:
    np.save(tmp_path / "x.npy", array)
    images, names, _ = read_images(tmp_path / "x.npy", shape=(6, 5, 1))
    assert np.array_equal(images, expected)
    assert names == [str(row) for row in range(len(expected))]


def test_one_coloured_image_needs_no_axis_of_rows(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", COLOR[2])
    assert np.array_equal(read_images(tmp_path / "x.npy", shape=(6, 5, 3))[0], COLOR[2:3])


@pytest.mark.parametrize(
    "keys", [["anything"], ["images", "labels"], ["x", "y"], ["x_train", "x_test", "y_test"]]
)
def test_the_images_of_an_archive_are_found(tmp_path: Path, keys: list[str]) -> None:
    wanted = next((key for key in ("images", "x", "x_test") if key in keys), keys[0])
    arrays: dict[str, Any] = {key: COLOR if key == wanted else np.zeros(4) for key in keys}
    np.savez(tmp_path / "x.npz", allow_pickle=False, **arrays)
    images, names, _ = read_images(tmp_path / "x.npz", shape=(6, 5, 3))
    assert np.array_equal(images, COLOR)
    assert names == ["0", "1", "2", "3"]


def test_an_archive_without_a_name_for_images_is_refused_with_its_names(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", allow_pickle=False, a=COLOR, b=COLOR)
    with pytest.raises(DataError, match=r"called `images`, `x` or `x_test`\. Received: `a`, `b`"):
        read_images(tmp_path / "x.npz", shape=(6, 5, 3))


def test_an_image_of_another_size_is_refused_with_both_sizes(tmp_path: Path) -> None:
    write(tmp_path / "a.png", COLOR[0])
    write(tmp_path / "b.png", COLOR[0, :4])
    with pytest.raises(DataError, match=r"b\.png: is 4 × 5 \(height × width\)\. Expected 6 × 5"):
        read_images(tmp_path, shape=(6, 5, 3))


def test_an_array_of_another_size_is_refused_with_both_sizes(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", COLOR)
    with pytest.raises(DataError, match=r"x\.npy: the images are 6 × 5 × 3: height 6 instead of 8"):
        read_images(tmp_path / "x.npy", shape=(8, 5, 3))


def test_an_array_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    images = COLOR.astype(np.float32)
    images[3, 2, 1, 0] = np.nan
    np.save(tmp_path / "x.npy", images)
    with pytest.raises(DataError, match="row 3, height 2, width 1, channel 0 is nan"):
        read_images(tmp_path / "x.npy", shape=(6, 5, 3))


def test_an_array_of_objects_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([COLOR[0], "text"], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="holds Python objects"):
        read_images(tmp_path / "x.npy", shape=(6, 5, 3))


def test_a_npy_file_cut_at_any_offset_or_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, COLOR)
    whole = path.read_bytes()
    for offset in range(len(whole)):
        path.write_bytes(whole[:offset])
        with pytest.raises(DataError, match="cannot be read"):
            read_images(path, shape=(6, 5, 3))
    path.write_bytes(whole + b"\0")
    with pytest.raises(DataError, match="too long"):
        read_images(path, shape=(6, 5, 3))


@pytest.mark.parametrize("damage", [b"'for'ran_order'", b"'fortran_orde\0'", b"4e32626563e6: 1"])
def test_a_npy_file_with_a_damaged_header_is_refused(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "x.npy"
    np.save(path, COLOR)
    path.write_bytes(path.read_bytes().replace(b"'fortran_order'", damage))
    with pytest.raises(DataError, match="its header is damaged"):
        read_images(path, shape=(6, 5, 3))


def test_image_files_for_a_model_of_two_channels_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", COLOR[0])
    with pytest.raises(DataError, match=r"have 1 or 3 channels\. Expected 2"):
        read_images(path, shape=(6, 5, 2))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.png", "does not exist"),
        ("a.csv", r"expected an image file .*Received: \.csv"),
        ("plain", "Received: a file without a suffix"),
        ("a.heic", r"expected an image file .*Received: \.heic"),
        ("empty", "holds no images"),
        ("broken.jpg", r"broken\.jpg: cannot be read as an image"),
    ],
)
def test_what_holds_no_images_is_refused(tmp_path: Path, name: str, message: str) -> None:
    if name == "empty":
        (tmp_path / name).mkdir()
    elif name != "missing.png":
        (tmp_path / name).write_text("text")
    with pytest.raises(DataError, match=message):
        read_images(tmp_path / name, shape=(6, 5, 3))
