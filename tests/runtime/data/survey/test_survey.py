"""A survey of data says what NumPy says of the same rows in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from bnnc.runtime.data import DataError, load
from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.errors import SizesDifferError
from bnnc.runtime.data.split import validation_split
from bnnc.runtime.data.survey import stored as stored_module
from bnnc.runtime.data.survey import survey_data
from bnnc.specs.data import Reading, Resize, Splits

RNG = np.random.default_rng(31)


def save(path: Path, pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return pixels


def gray(height: int = 6, width: int = 5) -> npt.NDArray[np.uint8]:
    return RNG.integers(0, 256, (height, width), dtype=np.uint8)


def colour(height: int = 6, width: int = 5) -> npt.NDArray[np.uint8]:
    return RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)


def npz(path: Path, **arrays: Any) -> str:
    np.savez(path, **arrays)
    return str(path)


def test_mean_and_std_are_those_of_the_training_rows_alone(tmp_path: Path) -> None:
    images = RNG.normal([1000, -3, 0.1], [5, 2, 0.01], (700, 7, 6, 3)).astype(np.float32)
    labels = np.arange(700) % 4
    source = npz(
        tmp_path / "a.npz", x_train=images, y_train=labels, x_test=images + 9, y_test=labels
    )
    survey, refused = survey_data(source, validation_fraction=0.3, seed=5)
    kept, held_out = validation_split(700, 0.3, seed=5)
    assert refused is None
    assert survey.rows == {"train": 490, "validation": 210, "test": 700}
    trained = images[kept].astype(np.float64)
    np.testing.assert_allclose(survey.mean, trained.mean((0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(survey.std, trained.std((0, 1, 2)), rtol=1e-9)
    assert survey.values == (float(images.min()), float((images + np.float32(9)).max()))
    assert survey.label_counts is not None
    assert survey.label_counts["validation"] == tuple(np.bincount(labels[held_out]))
    assert survey.stored_counts == (175,) * 4


def test_batches_do_not_change_a_digit_that_matters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = RNG.integers(0, 256, (101, 5, 5, 2), dtype=np.uint8)
    source = npz(tmp_path / "a.npz", x_train=images, y_train=np.arange(101) % 3)
    whole, _ = survey_data(source)
    monkeypatch.setattr(stored_module, "_TOGETHER", 1)
    single, _ = survey_data(source)
    np.testing.assert_allclose(single.mean, whole.mean, rtol=1e-13)
    np.testing.assert_allclose(single.std, whole.std, rtol=1e-13)
    assert replace(single, mean=whole.mean, std=whole.std) == whole


@pytest.mark.parametrize("stratified", [False, True])
def test_parts_are_those_that_loading_gives(tmp_path: Path, stratified: bool) -> None:
    images = RNG.integers(0, 256, (90, 4, 4, 1), dtype=np.uint8)
    labels = (np.arange(90) ** 2) % 5
    source = npz(tmp_path / "a.npz", x_train=images, y_train=labels)
    splits = Splits(validation=0.2, test=0.1, seed=3, stratified=stratified)
    survey, _ = survey_data(source, reading=Reading(splits=splits))
    loaded = load(source, reading=Reading(splits=splits))
    parts = {"train": loaded.train, "validation": loaded.validation, "test": loaded.test}
    assert survey.label_counts is not None
    for name, part in parts.items():
        assert part is not None
        assert survey.rows[name] == len(part.images)
        counts = np.bincount(part.labels, minlength=5)
        assert survey.label_counts[name] == tuple(counts)
    np.testing.assert_allclose(survey.mean[0], loaded.train.images.mean(), rtol=1e-13)


def test_groups_stay_in_one_part(tmp_path: Path) -> None:
    for row in range(40):
        save(tmp_path / f"{row}.png", gray())
    lines = [f"{row}.png,{row % 2},p{row // 4}" for row in range(40)]
    (tmp_path / "t.csv").write_text("path,label,patient\n" + "\n".join(lines))
    reading = Reading(splits=Splits(test=0.3, by="patient"))
    survey, _ = survey_data(str(tmp_path / "t.csv"), reading=reading)
    loaded = load(tmp_path / "t.csv", reading=reading)
    assert loaded.test is not None
    assert survey.rows == {"train": len(loaded.train.images), "test": len(loaded.test.images)}


def test_files_of_gray_and_colour_count_as_the_loader_reads_them(tmp_path: Path) -> None:
    for row in range(5):
        save(tmp_path / f"a/{row}.png", gray())
        save(tmp_path / f"b/{row}.png", colour())
    survey, refused = survey_data(str(tmp_path))
    images = load(tmp_path).train.images.astype(np.float64)
    assert refused is None
    np.testing.assert_allclose(survey.mean, images.mean((0, 1, 2)), rtol=1e-13)
    np.testing.assert_allclose(survey.std, images.std((0, 1, 2)), rtol=1e-13)
    assert survey.shape == (6, 5, 3)
    assert survey.files is not None
    assert survey.files.channels == {1: 5, 3: 5}
    assert survey.files.bits == {8: 10}


def test_images_of_several_sizes_are_surveyed_and_refused_as_the_loader_does(
    tmp_path: Path,
) -> None:
    arrays = [save(tmp_path / f"{'ab'[row % 2]}/{row}.png", gray(4 + row, 5)) for row in range(4)]
    survey, refused = survey_data(str(tmp_path))
    pixels = np.concatenate([one.reshape(-1) for one in arrays]).astype(np.float64)
    np.testing.assert_allclose((survey.mean[0], survey.std[0]), (pixels.mean(), pixels.std()))
    assert survey.shape is None
    assert survey.files is not None
    assert survey.files.sizes == {(4 + row, 5): 1 for row in range(4)}
    with pytest.raises(SizesDifferError) as error:
        load(tmp_path)
    assert isinstance(refused, SizesDifferError)
    assert str(refused) == str(error.value)


def test_resized_images_have_the_statistics_of_what_is_trained_on(tmp_path: Path) -> None:
    for row in range(6):
        save(tmp_path / f"{'ab'[row % 2]}/{row}.png", gray(5 + row, 9))
    reading = Reading(resize=Resize(height=4, width=3))
    survey, refused = survey_data(str(tmp_path), reading=reading)
    images = load(tmp_path, reading=reading).train.images.astype(np.float64)
    assert refused is None
    assert survey.shape == (4, 3, 1)
    np.testing.assert_allclose((survey.mean[0], survey.std[0]), (images.mean(), images.std()))


def test_deep_files_have_the_range_of_a_camera(tmp_path: Path) -> None:
    for row in range(4):
        pixels = RNG.integers(0, 4096, (5, 5)).astype(np.uint16)
        save(tmp_path / f"{'ab'[row % 2]}/{row}.png", pixels)
    survey, _ = survey_data(str(tmp_path))
    assert survey.value_range == (0, 4095)
    assert survey.dtype == "float32"
    images = load(tmp_path).train.images
    assert survey.values == (float(images.min()), float(images.max()))


def test_every_unreadable_file_is_named_at_once(tmp_path: Path) -> None:
    for row in range(6):
        save(tmp_path / f"{'ab'[row % 2]}/{row}.png", gray())
    (tmp_path / "a/cut.png").write_bytes((tmp_path / "a/0.png").read_bytes()[:60])
    (tmp_path / "b/empty.jpg").write_bytes(b"")
    (tmp_path / "b/scan.dcm").write_bytes(b"\0" * 200)
    survey, refused = survey_data(str(tmp_path))
    assert [one.file for one in survey.unreadable] == ["a/cut.png", "b/empty.jpg", "b/scan.dcm"]
    assert all(str(tmp_path) not in one.reason for one in survey.unreadable)
    assert refused is None
    assert survey.rows == {"train": 6}


def test_a_missing_file_of_a_table_is_unreadable(tmp_path: Path) -> None:
    for row in range(3):
        save(tmp_path / f"{row}.png", gray())
    lines = [f"{row}.png,{'ab'[row % 2]}" for row in range(5)]
    (tmp_path / "t.csv").write_text("path,label\n" + "\n".join(lines))
    survey, _ = survey_data(str(tmp_path / "t.csv"))
    assert [one.file for one in survey.unreadable] == ["3.png", "4.png"]
    assert survey.rows == {"train": 3}
    assert survey.label_counts == {"train": (2, 1)}


def test_a_source_of_which_nothing_can_be_read_is_refused(tmp_path: Path) -> None:
    for name in ("a/0.png", "b/0.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(DataError, match="none of the 2 image files can be read"):
        survey_data(str(tmp_path))


def test_duplicates_are_found_within_and_between_parts(tmp_path: Path) -> None:
    images = RNG.integers(0, 256, (50, 4, 4, 1), dtype=np.uint8)
    images[10] = images[3]
    other = RNG.integers(0, 256, (20, 4, 4, 1), dtype=np.uint8)
    other[[2, 7]], other[9] = images[3], images[44]
    labels = np.arange(50) % 2
    source = npz(
        tmp_path / "a.npz", x_train=images, y_train=labels, x_test=other, y_test=labels[:20]
    )
    survey, _ = survey_data(source)
    groups = [[str(place) for place in group] for group in survey.duplicates]
    assert groups == [["train[3]", "train[10]", "test[2]", "test[7]"], ["train[44]", "test[9]"]]
    assert survey.repeated_rows() == {
        ("train", "train"): 1,
        ("train", "test"): 3,
        ("test", "test"): 1,
    }


def test_images_of_the_same_bytes_and_other_shapes_are_no_duplicates(tmp_path: Path) -> None:
    pixels = gray(4, 6)
    save(tmp_path / "a/0.png", pixels)
    save(tmp_path / "b/0.png", pixels.reshape(6, 4))
    survey, _ = survey_data(str(tmp_path))
    assert survey.duplicates == ()


def test_a_row_that_was_split_off_is_named_by_its_place_in_the_source(tmp_path: Path) -> None:
    images = RNG.integers(0, 256, (60, 4, 4, 1), dtype=np.uint8)
    kept, held_out = validation_split(60, 0.25, seed=1)
    row, other = int(kept[0]), int(held_out[0])
    images[other] = images[row]
    source = npz(tmp_path / "a.npz", x_train=images, y_train=np.arange(60) % 2)
    survey, _ = survey_data(source, validation_fraction=0.25, seed=1)
    (group,) = survey.duplicates
    assert {(place.part, str(place)) for place in group} == {
        ("train", f"train[{row}]"),
        ("validation", f"train[{other}]"),
    }


@pytest.mark.parametrize(
    ("labels", "outside"),
    [
        ([0, 1, 2, 3, -1, 1], {3: 3, 4: None}),
        ([0.0, 1.0, 2.0, 1.5, 1.0, 1.0], {3: None}),
        ([[1, 0, 0]] * 5 + [[1, 1, 0]], {5: None}),
        ([0, 1, 2, 1, 0, 2], {}),
    ],
)
def test_labels_outside_the_classes_are_listed(
    tmp_path: Path, labels: Sequence[Any], outside: dict[int, int | None]
) -> None:
    images = RNG.integers(0, 256, (6, 4, 4, 1), dtype=np.uint8)
    source = npz(tmp_path / "a.npz", x_train=images, y_train=np.array(labels))
    survey, _ = survey_data(source, reading=Reading(kind="integer"), output_classes=3)
    assert {place.row: place.label for place in survey.outside} == outside


def test_other_classes_than_the_listed_ones_do_not_end_the_survey(tmp_path: Path) -> None:
    for row in range(4):
        save(tmp_path / f"{'ab'[row % 2]}/{row}.png", gray())
    survey, refused = survey_data(str(tmp_path), classes=["a", "c"])
    assert survey.class_names == ("a", "b")
    assert refused is not None
    assert "c" in str(refused)


def test_labels_that_are_numbers_have_no_classes(tmp_path: Path) -> None:
    images = RNG.integers(0, 256, (6, 4, 4, 1), dtype=np.uint8)
    source = npz(tmp_path / "a.npz", x_train=images, y_train=np.linspace(0, 5, 6))
    for kind in ("real", "count"):
        survey, _ = survey_data(source, reading=Reading(kind=kind))
        assert survey.label_counts is None
        assert survey.outside == ()


class Lazy:
    """Images that are there only where they are sliced."""

    def __init__(self, images: npt.NDArray[Any]) -> None:
        self._images = images
        self.shape, self.ndim, self.dtype = images.shape, images.ndim, images.dtype

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, rows: slice) -> npt.NDArray[Any]:
        assert isinstance(rows, slice), "a survey takes rows in order"
        return self._images[rows]


def test_images_are_only_sliced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = RNG.integers(0, 256, (80, 5, 5, 1), dtype=np.uint8)
    labels = np.arange(80) % 4
    source = npz(tmp_path / "a.npz", x_train=images, y_train=labels)
    lazy: Any = Lazy(images)
    dataset = Dataset(source, Split(lazy, labels), None, None, "")
    expected, _ = survey_data(source, validation_fraction=0.1, pictures=2)
    monkeypatch.setattr(stored_module, "load_unsplit", lambda *_, **__: dataset)
    survey, _ = survey_data(source, validation_fraction=0.1, pictures=2)
    assert survey == expected
    assert all(np.array_equal(one.pixels, images[one.place.row]) for one in survey.pictures)


def test_pictures_are_the_same_each_time_and_of_their_class(tmp_path: Path) -> None:
    images = RNG.integers(0, 256, (80, 5, 5, 1), dtype=np.uint8)
    images[7] = images[8]
    source = npz(tmp_path / "a.npz", x_train=images, y_train=np.arange(80) % 4)
    first, second = (survey_data(source, pictures=3)[0].pictures for _ in range(2))
    assert [one.place for one in first] == [one.place for one in second]
    of_classes = [one for one in first if one.heading != "same pixels"]
    assert [one.heading for one in of_classes] == [*"000111222333"]
    assert all(one.place.row % 4 == int(one.heading) for one in of_classes)
    same = [str(one.place) for one in first if one.heading == "same pixels"]
    assert same == ["train[7]", "train[8]"]
