import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from bnnc.runtime.data import DataError, load, memory
from bnnc.runtime.data.stored_images import StoredImages
from bnnc.specs.data import Reading

RNG = np.random.default_rng(22)


def pixels(height: int = 6, width: int = 5, channels: int = 3) -> npt.NDArray[np.uint8]:
    array = RNG.integers(0, 256, size=(height, width, channels), dtype=np.uint8)
    return array[..., 0] if channels == 1 else array


def write(path: Path, array: npt.NDArray[Any] | None = None) -> npt.NDArray[np.uint8]:
    array = pixels() if array is None else array
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)
    return array


def test_classes_and_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    arrays = [write(tmp_path / name) for name in ("b/2.png", "a/1.PNG", "b/1.bmp", "a/0.png")]
    dataset = load(tmp_path)
    assert dataset.class_names == ("a", "b")
    assert dataset.train.labels.tolist() == [0, 0, 1, 1]
    assert dataset.train.images.dtype == np.uint8
    assert np.array_equal(dataset.train.images, np.stack([arrays[i] for i in (3, 1, 2, 0)]))
    assert dataset.test is None
    assert str(tmp_path) in dataset.origin


def test_train_and_test_folders_are_read_as_such(tmp_path: Path) -> None:
    write(tmp_path / "train/a/0.png")
    write(tmp_path / "train/b/0.png")
    kept = write(tmp_path / "test/b/7.png")
    write(tmp_path / "test/a/7.png")
    dataset = load(tmp_path)
    assert len(dataset.train.images) == 2
    assert dataset.test is not None
    assert dataset.test.labels.tolist() == [0, 1]
    assert np.array_equal(dataset.test.images[1], kept)


def test_a_train_folder_alone_is_read(tmp_path: Path) -> None:
    write(tmp_path / "train/a/0.png")
    write(tmp_path / "train/b/0.png")
    dataset = load(tmp_path)
    assert dataset.class_names == ("a", "b")
    assert dataset.test is None


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    write(tmp_path / "train/0.png")
    write(tmp_path / "plane/0.png")
    assert load(tmp_path).class_names == ("plane", "train")


def test_images_that_are_all_gray_have_one_channel(tmp_path: Path) -> None:
    first = write(tmp_path / "a/0.png", pixels(channels=1))
    write(tmp_path / "b/0.png", pixels(channels=1))
    images = load(tmp_path).train.images
    assert images.shape == (2, 6, 5, 1)
    assert np.array_equal(images[0, ..., 0], first)


def test_a_gray_image_among_coloured_ones_is_repeated_over_the_channels(tmp_path: Path) -> None:
    gray = write(tmp_path / "train/a/0.png", pixels(channels=1))
    write(tmp_path / "train/b/0.png", pixels(channels=1))
    write(tmp_path / "test/a/0.png")
    write(tmp_path / "test/b/0.png")
    dataset = load(tmp_path)
    assert np.array_equal(dataset.train.images[0], np.stack([gray] * 3, axis=-1))


def test_transparent_pixels_are_laid_on_white(tmp_path: Path) -> None:
    clear = np.zeros((2, 2, 4), dtype=np.uint8)
    clear[0, 0] = (10, 20, 30, 255)
    clear[0, 1] = (0, 0, 0, 51)  # a fifth of black over white: 255 - 51
    write(tmp_path / "a/0.png", clear)
    write(tmp_path / "b/0.png", pixels(2, 2))
    image = load(tmp_path).train.images[0]
    assert image.tolist() == [[[10, 20, 30], [204] * 3], [[255] * 3, [255] * 3]]


def test_transparent_gray_stays_exactly_gray(tmp_path: Path) -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    write(tmp_path / "a/0.png", np.stack([ramp, np.full_like(ramp, 255)], axis=-1))
    write(tmp_path / "b/0.png", ramp)
    images = load(tmp_path).train.images
    assert np.array_equal(images[0], images[1])
    assert np.array_equal(images[0, ..., 0], ramp)


def test_a_transparent_palette_entry_is_laid_on_white(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([1, 2, 3, 4, 5, 6])
    image.putpixel((1, 0), 1)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        image.save(tmp_path / name / "0.png", transparency=0)
    assert load(tmp_path).train.images[0].tolist() == [[[255] * 3, [4, 5, 6]]]


def test_of_an_animation_the_first_frame_is_read(tmp_path: Path) -> None:
    frames = [Image.new("L", (4, 3), value) for value in (10, 200)]
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        frames[0].save(tmp_path / name / "0.gif", save_all=True, append_images=frames[1:])
    assert np.unique(load(tmp_path).train.images).tolist() == [10]


def test_jpeg_is_read_as_pillow_decodes_it(tmp_path: Path) -> None:
    for name in ("a/0.jpg", "b/0.jpeg"):
        write(tmp_path / name)
    with Image.open(tmp_path / "b/0.jpeg") as image:
        decoded = np.asarray(image)
    assert np.array_equal(load(tmp_path).train.images[1], decoded)


def test_hidden_files_and_files_that_are_no_images_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "a/0.png")
    write(tmp_path / "b/0.png")
    write(tmp_path / ".thumbnails/0.png")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "README.md").write_text("Cats and dogs.")
    (tmp_path / "a/.DS_Store").write_bytes(b"\0")
    (tmp_path / "a/notes.txt").write_text("A cat.")
    assert len(load(tmp_path).train.images) == 2


def test_images_of_two_sizes_are_refused_with_both_files_named(tmp_path: Path) -> None:
    write(tmp_path / "train/a/0.png")
    write(tmp_path / "train/b/0.png")
    write(tmp_path / "test/a/0.png")
    write(tmp_path / "test/b/9.png", pixels(5, 6))
    with pytest.raises(
        DataError, match=r"2 sizes .*from 5 × 6 \(test/b/9\.png\) to 6 × 5 \(train/a/0\.png\)"
    ):
        load(tmp_path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif"])
def test_an_image_cut_at_any_offset_is_refused_or_is_whole(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / "a/0.png", pixels(16, 16))
    path = tmp_path / f"b/0.{suffix}"
    write(path, pixels(16, 16))
    whole = path.read_bytes()
    images = load(tmp_path).train.images
    refused = 0
    for offset in range(0, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:offset])
        try:
            found = load(tmp_path).train.images
        except DataError as error:
            refused += f"0.{suffix}: cannot be read as an image" in str(error)
        else:  # what was cut away stands behind the pixels
            assert np.array_equal(found, images)
    assert refused > 50


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a/0.png")
    (tmp_path / "b").mkdir()
    (tmp_path / "b/broken.png").write_text("<html>Not found</html>")
    with pytest.raises(DataError, match=r"broken\.png: cannot be read as an image"):
        load(tmp_path)


def test_an_image_that_unfolds_beyond_all_measure_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a/0.png")
    write(tmp_path / "b/0.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    with pytest.raises(DataError, match=r"a/0\.png: cannot be read.*decompression bomb"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["a/0.png", "b/"], "b: the class folder is empty"),
        (["a/0.png", "b/notes.txt"], r"b: the class folder holds no images.*: 1 \.txt"),
        (["a/0.png", "b/c/0.png"], "b/c: is a folder inside a class folder"),
        (["a/0.png", "b/0.png", "0.png"], r"0\.png: is next to the class folders"),
        (["a/0.png"], "holds one class folder only, a/"),
        ([], "holds no class folders. Expected one subfolder for each class"),
        (["train/a/0.png", "train/b/0.png", "test/a/0.png"], "test: the class folder b/ is miss"),
        (["train/a/0.png", "test/a/0.png", "test/b/0.png"], "train: the class folder b/ is miss"),
        (["test/a/0.png", "test/b/0.png"], r"there is no train/.*Received: test/\."),
        (["train/a/0.png", "train/b/0.png", "val/a/0.png"], "val: the class folder b/ is missing"),
        (
            ["train/a/0.png", "valid/a/0.png", "val/a/0.png"],
            "val/, valid/ are all folders of valid",
        ),
        (["val/a/0.png", "val/b/0.png"], r"there is no train/.*Received: val/\."),
        (["train/a/0.png", "extra/a/0.png"], "extra: is next to train/, but it is no part"),
        (["Train/a/0.png", "Extra/a/0.png"], "Extra: is next to Train/, but it is no part"),
        (["train/a/0.png", "TRAIN/a/0.png"], "TRAIN/, train/ are all folders of training images"),
        (["train_1/a/0.png", "train_2/a/0.png"], "train_2/ are all folders of training images"),
        (["train/0.png", "test/0.png"], "test/, train/ hold images, but no class folders"),
        (["data/train/a/0.png", "data/train/b/0.png"], r"Point at .*data, which holds train/"),
        (["1/0.png", "01/0.png"], "01 and 1 are the same number. Expected each number once"),
    ],
)
def test_a_tree_that_is_not_laid_out_as_classes_is_refused(
    tmp_path: Path, files: list[str], message: str
) -> None:
    for name in files:
        path = tmp_path / name
        if name.endswith("/"):
            path.mkdir()
        elif path.suffix == ".txt":
            path.parent.mkdir(exist_ok=True)
            path.write_text("no image")
        else:
            write(path)
    with pytest.raises(DataError, match=message):
        load(tmp_path)


def test_more_than_the_limit_of_memory_is_refused_before_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a/0.png")
    write(tmp_path / "b/0.png")
    monkeypatch.setattr(memory, "MEMORY_LIMIT_BYTES", 2 * 6 * 5 * 3)
    kept = Reading(streaming=False)
    assert len(load(tmp_path, reading=kept).train.images) == 2
    monkeypatch.setattr(memory, "MEMORY_LIMIT_BYTES", 2 * 6 * 5 * 3 - 1)
    with pytest.raises(DataError, match=r"all rows are kept in memory\. Delete `data\.streaming`"):
        load(tmp_path, reading=kept)
    assert isinstance(load(tmp_path).train.images, StoredImages)


def test_a_pipe_in_place_of_an_image_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a/0.png")
    (tmp_path / "b").mkdir()
    os.mkfifo(tmp_path / "b/0.png")
    with pytest.raises(DataError, match=r"pipe.*b/0\.png"):
        load(tmp_path)


def test_a_sparse_file_is_not_searched_for_an_image(tmp_path: Path) -> None:
    write(tmp_path / "a/0.png")
    (tmp_path / "b").mkdir()
    (tmp_path / "b/0.jpg").write_bytes(b"\xff\xd8\xff")
    os.truncate(tmp_path / "b/0.jpg", 2**40)
    with pytest.raises(DataError, match=r"b/0\.jpg: cannot be read as an image \(expected at most"):
        load(tmp_path)
