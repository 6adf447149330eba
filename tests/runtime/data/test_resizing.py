"""Images of mixed sizes are resized as `keras.layers.Resizing` does, wherever they come from."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

import bnnc
from bnnc.compiler.analysis.data_facts import find_data
from bnnc.runtime.data import DataError, load, read_images
from bnnc.runtime.data.errors import SizesDifferError, SpecDataError
from bnnc.runtime.data.local_path import path_facts
from bnnc.runtime.data.resizing import resize_pixels
from bnnc.specs.data import Reading, Resize

RNG = np.random.default_rng(31)


def pixels(height: int, width: int, channels: int = 3) -> npt.NDArray[np.uint8]:
    return RNG.integers(0, 256, size=(height, width, channels), dtype=np.uint8)


def write(path: Path, array: npt.NDArray[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array[..., 0] if array.shape[-1:] == (1,) else array).save(path)
    return path


def mixed(folder: Path) -> Path:
    """Two classes in three parts, no two images of one size."""
    for number, part in enumerate(("train", "val", "test")):
        write(folder / part / "cat" / "0.png", pixels(6 + number, 5))
        write(folder / part / "dog" / "0.png", pixels(9, 7 + number))
    return folder


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("ratio", ["crop_to_aspect_ratio", "pad_to_aspect_ratio", "neither"])
@pytest.mark.parametrize(("height", "width"), [(8, 12), (12, 8), (9, 9)])
def test_images_that_grow_are_those_of_keras(
    channels: int, interpolation: str, ratio: str, height: int, width: int
) -> None:
    image = pixels(height, width, channels)
    how: dict[str, Any] = {} if ratio == "neither" else {ratio: True}
    if ratio == "pad_to_aspect_ratio":
        how["fill_value"] = 200
    # By whole factors: where a pixel lies between two, `nearest` is for the library to decide.
    made = resize_pixels(image, Resize(height=36, width=36, interpolation=interpolation, **how))  # type: ignore[arg-type]
    layer = keras.layers.Resizing(36, 36, interpolation=interpolation, **how)
    expected = np.asarray(layer(image.astype("float32")))
    off = np.abs(made.astype(float) - expected)
    if interpolation == "bilinear":
        assert off.max() < 1.01  # Pillow rounds three times, by a half at most
    else:
        assert (off > 0).mean() < 0.15
        assert set(np.unique(made)) <= set(np.unique(image)) | {200}


def test_images_that_shrink_are_means_over_what_a_pixel_covers() -> None:
    image = pixels(8, 12)
    made = resize_pixels(image, Resize(height=4, width=4, interpolation="area"))
    expected = image.reshape(4, 2, 4, 3, 3).mean(axis=(1, 3))
    assert np.abs(made - expected).max() <= 1


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "area", "lanczos3"])
def test_the_type_stays_and_no_pixel_leaves_the_range_of_the_image(
    interpolation: Any, dtype: str
) -> None:
    image = (RNG.integers(0, 2, size=(9, 7, 2)) * 200).astype(dtype)
    made = resize_pixels(image, Resize(height=20, width=13, interpolation=interpolation))
    assert made.shape == (20, 13, 2)
    assert made.dtype == image.dtype
    assert made.min() >= 0
    assert made.max() <= 200
    constant = np.full((5, 5, 2), 77, dtype)
    assert (resize_pixels(constant, Resize(height=3, width=9)) == 77).all()


def test_every_part_of_a_folder_of_mixed_sizes_is_resized_alike(tmp_path: Path) -> None:
    resize = Resize(height=4, width=8)
    reading = Reading(resize)
    dataset = load(mixed(tmp_path), reading=reading)
    for part, split in (
        ("train", dataset.train),
        ("val", dataset.validation),
        ("test", dataset.test),
    ):
        assert split is not None
        assert split.images.shape == (2, 4, 8, 3)
        for row, name in enumerate(("cat", "dog")):
            stored = np.asarray(Image.open(tmp_path / part / name / "0.png"))
            assert np.array_equal(split.images[row], resize_pixels(stored, resize))
    facts = path_facts(tmp_path, name="a", reading=reading)
    assert facts.shape == (4, 8, 3)
    images, _, _ = read_images(tmp_path / "test", shape=(4, 8, 3), resize=resize)
    assert dataset.test is not None
    assert np.array_equal(images, dataset.test.images)


def test_images_of_the_size_stay_as_they_are(tmp_path: Path) -> None:
    images = [write(tmp_path / name / "0.png", pixels(4, 8)) for name in "ab"]
    plain = load(tmp_path)
    for interpolation in ("bilinear", "lanczos3"):
        reading = Reading(Resize(height=4, width=8, interpolation=interpolation))
        assert np.array_equal(load(tmp_path, reading=reading).train.images, plain.train.images)
    assert len(images) == 2


def test_arrays_and_named_sources_are_resized_too(tmp_path: Path) -> None:
    resize = Resize(height=4, width=6)
    for shape in ((9, 8, 8), (9, 8, 8, 1), (9, 8, 8, 3)):
        images = RNG.random(shape).astype(np.float32)
        np.savez(tmp_path / "a.npz", x_train=images, y_train=np.arange(9), allow_pickle=False)
        made = load(tmp_path / "a.npz", reading=Reading(resize)).train.images
        assert made.shape == (9, 4, 6, *shape[3:])
        facts = path_facts(tmp_path / "a.npz", name="a", reading=Reading(resize))
        assert facts.shape == made.shape[1:]
        row = resize_pixels(images[3].reshape(8, 8, -1), resize)
        assert np.array_equal(made[3].reshape(row.shape), row)
    found = find_data("digits", None, 0.0, None, Reading(resize)).facts
    assert found is not None
    assert found.shape == load("digits", reading=Reading(resize)).train.images.shape[1:]


@pytest.mark.parametrize(
    ("shape", "model"),
    [
        *(((8, 9), (4, 6, 1)), ((8, 9, 1), (4, 6, 1)), ((2, 8, 9), (4, 6, 1))),
        *(((2, 8, 9, 1), (4, 6, 1)), ((8, 9, 3), (4, 6, 3)), ((2, 8, 9, 3), (4, 6, 3))),
    ],
)
def test_arrays_to_predict_are_resized_with_or_without_axes_of_length_one(
    tmp_path: Path, shape: tuple[int, ...], model: tuple[int, ...]
) -> None:
    np.save(tmp_path / "x.npy", RNG.random(shape).astype(np.float32))
    made, _, _ = read_images(tmp_path / "x.npy", shape=model, resize=Resize(height=4, width=6))
    assert made.shape[1:] == model
    assert len(made) == (2 if shape[0] == 2 else 1)


def test_series_and_volumes_are_not_resized(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x_train=np.ones((3, 4, 5, 6, 1)), y_train=np.arange(3))
    for read in (load, lambda path, reading: path_facts(path, name="a", reading=reading)):
        with pytest.raises(SpecDataError, match="resizes images of height and width") as refused:
            read(tmp_path / "a.npz", reading=Reading(Resize(height=4, width=6)))
        assert refused.value.path == ("data", "resize")


def test_mixed_sizes_without_a_resize_are_refused_with_the_key_to_write(tmp_path: Path) -> None:
    words = r"6 sizes .*from 6 × 5 \(train/cat/0\.png\) to 9 × 9 \(test/dog/0\.png\).*`resize: \{"
    for read in (load, lambda path: path_facts(path, name="a")):
        with pytest.raises(SizesDifferError, match=words):
            read(mixed(tmp_path))


@pytest.mark.parametrize("fill", [-1, 256, 0.5])
def test_a_fill_value_that_eight_bits_cannot_have_is_refused(tmp_path: Path, fill: float) -> None:
    resize = Resize(height=4, width=8, pad_to_aspect_ratio=True, fill_value=fill)
    for read in (load, lambda path, reading: path_facts(path, name="a", reading=reading)):
        with pytest.raises(SpecDataError, match="whole number from 0 to 255") as refused:
            read(mixed(tmp_path), reading=Reading(resize))
        assert refused.value.path == ("data", "resize", "fill_value")


def test_images_of_sixteen_bits_are_resized_with_sixteen_bits(tmp_path: Path) -> None:
    for name, size in (("a", 6), ("b", 8)):
        array = RNG.integers(0, 65536, (size, size)).astype(np.uint16)
        write(tmp_path / name / "0.png", array)
    images = load(tmp_path, reading=Reading(Resize(height=12, width=12))).train.images
    assert images.dtype == np.float32
    assert images.max() > 255
    assert (images % 1 == 0).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_gray_and_colour_are_read_with_the_channels_that_the_spec_says(
    tmp_path: Path, channels: int
) -> None:
    gray = write(tmp_path / "a/0.png", pixels(6, 5, 1))
    write(tmp_path / "b/0.png", pixels(6, 5, 3))
    reading = Reading(channels=channels)
    images = load(tmp_path, reading=reading).train.images
    assert images.shape == (2, 6, 5, channels)
    assert np.array_equal(images[0, ..., 0], np.asarray(Image.open(gray)))
    assert path_facts(tmp_path, name="a", reading=reading).shape == (6, 5, channels)


def test_arrays_are_not_decoded(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x_train=np.ones((3, 4, 5, 1)), y_train=np.arange(3))
    for source in (tmp_path / "a.npz", "digits"):
        with pytest.raises(SpecDataError, match="holds arrays"):
            load(source, reading=Reading(channels=3))
        found = find_data(str(source), None, 0.0, None, Reading(channels=3))
        assert found.refused_at == ("data", "decode")
        assert isinstance(found.refused, str)
    assert issubclass(SpecDataError, DataError)


def test_the_help_on_mixed_sizes_has_the_sizes_of_the_model(tmp_path: Path) -> None:
    mixed(tmp_path / "images")
    spec = {
        "bnnc": 1,
        "name": "a",
        "input": {"shape": [8, 12, 3]},
        "layers": [{"type": "flatten"}, {"type": "dense", "units": 2}],
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 2,
            "labels": "integer",
        },
        "training": {"batch_size": 1, "epochs": 99},
        "data": {"source": "images"},
    }
    all_found = bnnc.check(spec, folder=tmp_path).diagnostics
    (found,) = (one for one in all_found if one.code == "BNN261")
    assert found.help[0].startswith("write `resize: {height: 8, width: 12}` into `data`")
    assert [one.description for one in found.fixes] == [
        "write `resize: {height: 8, width: 12}` into `data`"
    ]
    spec["data"] = {"source": "images", "resize": {"height": 8, "width": 12}}
    assert "BNN261" not in {one.code for one in bnnc.check(spec, folder=tmp_path).diagnostics}
