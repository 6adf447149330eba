"""Images that were made odd are found, and those of real data sets are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from bnnc.runtime.data import load
from bnnc.runtime.data.survey import survey_data
from bnnc.specs.survey import Survey

DIGITS = load("digits").train
SOME = [3, 400, 1001]


def surveyed(path: Path, images: npt.NDArray[Any]) -> Survey:
    np.savez(path / "a.npz", x_train=images, y_train=DIGITS.labels[: len(images)])
    return survey_data(str(path / "a.npz"))[0]


def found(survey: Survey) -> dict[int, str]:
    return {one.place.row: one.kind for one in survey.odd}


def crops(count: int, size: int) -> npt.NDArray[np.uint8]:
    """Crops of two photographs, of several sizes before they are brought to one."""
    from sklearn.datasets import load_sample_images

    photographs, random = load_sample_images().images, np.random.default_rng(0)
    found = []
    for _ in range(count):
        photograph = photographs[random.integers(2)]
        side = int(random.integers(size, 200))
        top = random.integers(photograph.shape[0] - side)
        left = random.integers(photograph.shape[1] - side)
        places = np.arange(size) * side // size
        found.append(photograph[top : top + side, left : left + side][places][:, places])
    return np.stack(found)


def test_nothing_is_odd_in_digits(tmp_path: Path) -> None:
    assert survey_data("digits")[0].odd == ()


def test_nothing_is_odd_in_crops_of_photographs(tmp_path: Path) -> None:
    assert surveyed(tmp_path, crops(1400, 32)).odd == ()


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("blank", lambda image: np.full_like(image, 7)),
        ("inverted", lambda image: 16 - image),
        ("low contrast", lambda image: image // 4),
        ("nearly constant", lambda image: 0.001 * image),
        ("bright", lambda image: np.clip(12 + image // 4, 0, 16)),
    ],
)
def test_images_that_were_made_odd_are_found_and_no_others(
    tmp_path: Path, kind: str, change: Any
) -> None:
    images = DIGITS.images.astype(np.float32)
    images[SOME] = change(images[SOME])
    odd = found(surveyed(tmp_path, images))
    assert sorted(odd) == SOME
    # A bright digit on a bright ground is an inverted one too: the first word that fits is said.
    assert set(odd.values()) <= (
        {kind} if kind != "bright" else {"bright", "low contrast", "inverted"}
    )


def test_images_of_equal_halves_are_not_odd(tmp_path: Path) -> None:
    images = DIGITS.images.copy()
    images[::2] = 16 - images[::2]
    assert found(surveyed(tmp_path, images)) == {}


def test_a_constant_colour_is_blank(tmp_path: Path) -> None:
    images = crops(60, 16)
    images[5] = (255, 0, 90)
    assert found(surveyed(tmp_path, images)) == {5: "blank"}


def test_few_images_are_only_looked_at_for_content(tmp_path: Path) -> None:
    images = DIGITS.images[:20].copy()
    images[4], images[9] = 16 - images[4], 0
    assert found(surveyed(tmp_path, images)) == {9: "blank"}


def test_series_are_surveyed_without_a_border(tmp_path: Path) -> None:
    series = np.random.default_rng(0).normal(size=(100, 30, 2)).astype(np.float32)
    series[8] = 0
    np.savez(tmp_path / "a.npz", x_train=series, y_train=np.arange(100) % 2)
    survey, _ = survey_data(str(tmp_path / "a.npz"), shape=(30, 2))
    assert found(survey) == {8: "blank"}
    np.testing.assert_allclose(survey.mean, series.mean((0, 1), dtype=np.float64), rtol=1e-6)
