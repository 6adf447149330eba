from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from bnnc.runtime.data import DataError, check_images
from bnnc.runtime.data.images import with_channels

RNG = np.random.default_rng(23)
BYTES = RNG.integers(0, 256, size=(9, 6, 5, 3), dtype=np.uint8)
BYTES[0, 0, 0, 0], BYTES[1, 0, 0, 0] = 0, 255


def check(
    images: npt.NDArray[Any],
    *,
    shape: tuple[int, ...] = (6, 5, 3),
    value_range: tuple[float, float] = (0, 255),
    for_training: bool = True,
) -> None:
    check_images(images, shape=shape, value_range=value_range, where="x", for_training=for_training)


@pytest.mark.parametrize(
    ("images", "value_range"),
    [
        (BYTES, (0, 255)),
        (BYTES.astype(np.float32), (0, 255)),
        (BYTES / np.float32(255), (0, 1)),
        (BYTES / np.float32(127.5) - 1, (-1, 1)),
        (BYTES // 16, (0, 16)),
        (BYTES + np.float32(1e-4), (0, 255)),
        (BYTES // 85, (0, 255)),  # dark, but brighter than a hundredth of the range
    ],
)
def test_images_in_their_range_pass(
    images: npt.NDArray[Any], value_range: tuple[float, float]
) -> None:
    check(images, value_range=value_range)


@pytest.mark.parametrize(
    ("images", "shape", "message"),
    [
        (BYTES, (5, 5, 3), r"6 × 5 × 3: height 6 instead of 5\. Expected \[rows, 5, 5, 3\]"),
        (BYTES, (6, 4, 3), r"width 5 instead of 4.*`input.shape: \[6, 5, 3\]`"),
        (BYTES, (6, 5, 1), "channels 3 instead of 1"),
        (BYTES, (4, 4, 3), "height 6 instead of 4, width 5 instead of 4"),
        (BYTES, (5, 3, 6), r"The channels seem to come first: np\.moveaxis\(images, 1, -1\)"),
        (BYTES[..., 0], (6, 5, 1), r"3 axes.*Add the channel axis: images\[\.\.\., np\.newaxis\]"),
        (BYTES[..., 0], (6, 5, 3), r"have 3 axes\. Expected \[rows, 6, 5, 3\].*: \[9, 6, 5\]\.$"),
        (BYTES[0, 0], (6, 5, 3), "have 2 axes"),
        (BYTES[:0], (6, 5, 3), "holds no rows"),
        (BYTES.reshape(9, -1), (6, 5, 3), r"2 axes.*images\.reshape\(-1, 6, 5, 3\)"),
        (BYTES[:, 0], (4, 3), r"5 × 3: steps 5 instead of 4\. Expected \[rows, 4, 3\] \(steps, ch"),
        (BYTES[:, 0], (3, 5), r"5 × 3.*The channels seem to come first"),
        (BYTES[..., None], (6, 5, 4, 1), r"6 × 5 × 3 × 1: width 3 instead of 4"),
    ],
)
def test_another_shape_is_refused_by_its_axes(
    images: npt.NDArray[Any], shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        check(images, shape=shape)


def test_channels_first_images_are_right_once_moved_as_the_hint_says() -> None:
    first = np.moveaxis(BYTES, -1, 1)
    with pytest.raises(DataError, match="channels seem to come first"):
        check(first)
    check(np.moveaxis(first, 1, -1))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite_is_named_with_its_place(value: float) -> None:
    images = BYTES.astype(np.float32)
    images[7, 5, 4, 2] = value
    with pytest.raises(DataError, match=f"x: row 7, height 5, width 4, channel 2 is {value}"):
        check(images)


@pytest.mark.parametrize(
    ("images", "value_range", "message"),
    [
        (BYTES, (0, 1), r"Expected values in `value_range: \[0, 1\]`.*`value_range: \[0, 255\]`"),
        (BYTES / 127.5 - 1, (0, 255), r"holds the value -1\..*Write `value_range: \[-1, 1\]`"),
        (BYTES // 16, (0, 1), r"Received: 0 to 15\. Write `value_range: \[0, 16\]`"),
        (
            BYTES * 3.0 - 300,
            (0, 255),
            "Received: -300 to 465. .*Give raw pixels: the spec's `mean`",
        ),
    ],
)
def test_values_outside_the_range_are_refused_with_the_range_that_they_seem_to_have(
    images: npt.NDArray[Any], value_range: tuple[float, float], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        check(images, value_range=value_range)


def test_the_row_of_the_extreme_value_is_named() -> None:
    images = BYTES.astype(np.float32)
    images[4, 1, 1, 1] = 300
    with pytest.raises(DataError, match="row 4 holds the value 300"):
        check(images)
    images[5, 1, 1, 1] = -3
    with pytest.raises(DataError, match="row 5 holds the value -3"):
        check(images)


@pytest.mark.parametrize("for_training", [True, False])
def test_images_that_are_scaled_already_are_refused(for_training: bool) -> None:
    with pytest.raises(DataError, match=r"scaled already.*Write `value_range: \[0, 1\]`"):
        check(BYTES / np.float32(255), for_training=for_training)


def test_a_hundredth_of_the_range_is_where_images_count_as_scaled() -> None:
    images = BYTES / np.float32(255)
    check(images * 2.56)
    with pytest.raises(DataError, match="scaled already"):
        check(images * 2.54)


@pytest.mark.parametrize("value", [0, 17, 255])
def test_images_that_are_all_one_value_are_refused(value: int) -> None:
    with pytest.raises(DataError, match=f"every pixel of every image is {value}"):
        check(np.full_like(BYTES, value))


@pytest.mark.parametrize("value", [0, 2, 255])
def test_a_blank_image_may_be_predicted_for(value: int) -> None:
    check(np.full_like(BYTES, value), for_training=False)
    check(np.full(BYTES.shape, value, dtype=np.float32), for_training=False)


def test_values_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(DataError, match="expected numbers.*dtype object"):
        check(BYTES.astype(object))


@pytest.mark.parametrize(
    ("shape", "given"),
    [
        ((6, 5, 1), (9, 6, 5)),
        ((6, 1), (9, 6)),
        ((6, 5, 4, 1), (9, 6, 5, 4)),
        ((6, 5, 3), (9, 6, 5)),
    ],
)
def test_one_channel_may_be_left_out_and_several_may_not(
    shape: tuple[int, ...], given: tuple[int, ...]
) -> None:
    images = np.zeros(given)
    expected = (*given, 1) if shape[-1] == 1 else given
    assert with_channels(images, shape).shape == expected
    full = np.zeros((9, *shape))
    assert with_channels(full, shape) is full
