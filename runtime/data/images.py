"""Check images against the spec."""

from math import prod
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import refuse_not_finite, refuse_other_than_numbers, size_text
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.stored_images import StoredImages
from bnnc.specs.shapes import AXES, Shape

# Ranges that image files and libraries use, the narrowest first, for the hint of a message.
USUAL_RANGES = ((0, 1), (-1, 1), (0, 16), (0, 255), (0, 4095), (0, 65535))

# float32 keeps seven digits: arithmetic that ends at the border may overshoot it by some of the
# last ones, never by 1e-5 of the width.
RANGE_TOLERANCE = 1e-5

# Images in [0, 1] under [0, 255] fill 1/255 of the range. No collection of photographs, scans or
# drawings is so dark that its brightest pixel stays under 1/100.
SCALED_FRACTION = 0.01


def check_images(
    images: npt.NDArray[Any],
    *,
    shape: Shape,
    value_range: tuple[float, float],
    where: str,
    for_training: bool = True,
) -> None:
    """Refuse images that are not what the spec's `input` says.

    Shapes: images [N, height, width, channels], or [N, *axes] of a series or a volume, against
    `shape`, that of one of them.
    `for_training=False` lets through what is fine to predict for, though nothing could be
    learned of it alone: a blank image, and a very dark one of whole numbers.
    Raises: DataError for another shape, NaN or infinity, values outside `value_range`, uint8 images
    under a `value_range` beyond 255, images that are all one value, and images that somebody has
    scaled down already.
    """
    refuse_other_than_numbers(images, where=where)
    check_shape(images.shape, shape=shape, where=where)
    refuse_not_finite(images, where=where)
    if images.dtype == np.uint8 and value_range[1] > 255:
        raise DataError(
            f"{where}: the images have 8 bits a channel, so 255 at most. Expected values in "
            f"`value_range: [{value_range[0]:g}, {value_range[1]:g}]`, of which 8 bits use a part. "
            "Give images of as many bits as the model reads, or, for a model of such images, write "
            "`value_range: [0, 255]`."
        )
    low, high = float(images.min()), float(images.max())
    if for_training and low == high:
        raise DataError(
            f"{where}: every pixel of every image is {low:g}. Expected images that differ. "
            "Nothing can be learned of these; look at how they were written."
        )
    _check_value_range(images, low, high, value_range=value_range, where=where)
    if for_training or (images.dtype.kind == "f" and bool((images % 1 != 0).any())):
        _refuse_scaled(low, high, value_range=value_range, where=where)


def check_rows(
    pixels: npt.NDArray[Any], stored: StoredImages, value_range: tuple[float, float]
) -> None:
    """Refuse values of stored images that the spec does not allow, with the place of the row.

    Shapes: pixels [N, height, width, channels], those of the N `stored` images.
    Raises: as `check_images`.
    """
    for row in range(len(pixels)):
        check_images(
            pixels[row : row + 1],
            shape=stored.shape[1:],
            value_range=value_range,
            where=stored.place(row),
            for_training=False,
        )


def check_shape(received: tuple[int, ...], *, shape: Shape, where: str) -> None:
    """Refuse an array whose rows are not images, series or volumes of `shape`."""
    if received[1:] == shape and received[0] > 0:
        return
    axes = AXES[len(shape)]
    noun = "rows" if len(shape) == 1 else "images"
    sizes = ", ".join(map(str, shape))
    expected = f"Expected [rows, {sizes}] ({', '.join(axes)})"
    if len(received) != len(shape) + 1:
        hint = ""
        if len(received) == 5 and len(shape) == 3:
            hint = (
                f" Each row is a volume of {received[1]:,} slices: save the slices as image files, "
                f"or write `input.shape: {list(received[1:])}` and layers of three dimensions."
            )
        if received[1:] == shape[:-1] and shape[-1] == 1:
            hint = " Add the channel axis: images[..., np.newaxis]."
        elif received[1:] == (prod(shape),):
            hint = f" Give them their axes: images.reshape(-1, {sizes})."
        raise DataError(
            f"{where}: the {noun} have {len(received)} axes. {expected}. "
            f"Received: {list(received)}.{hint}"
        )
    if received[0] == 0:
        raise DataError(f"{where}: holds no rows. {expected}, with at least one row.")
    if len(shape) == 1:
        raise DataError(
            f"{where}: the rows have {received[1]} features. {expected}. Received: "
            f"{list(received)}. Write `input.shape: [{received[1]}]`, or give other columns."
        )
    named = zip(axes, received[1:], shape, strict=True)
    unlike = [f"{axis} {found} instead of {said}" for axis, found, said in named if found != said]
    hint = f"Resize the images, or write `input.shape: {list(received[1:])}`."
    if received[1:] == (shape[-1], *shape[:-1]):
        hint = "The channels seem to come first: np.moveaxis(images, 1, -1) moves them last."
    raise DataError(
        f"{where}: the images are {size_text(received[1:])}: {', '.join(unlike)}. {expected}. "
        f"Received: {list(received)}. {hint}"
    )


def with_channels(images: npt.NDArray[Any], shape: Shape) -> npt.NDArray[Any]:
    """Give images of one channel the axis that files leave out; all others as they are."""
    is_left_out = shape[-1] == 1 and images.ndim == len(shape)
    return with_channel_axis(images) if is_left_out else images


def with_channel_axis(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Give images an axis of one channel."""
    stored: Any = images
    if isinstance(stored, StoredImages):
        return cast(npt.NDArray[Any], stored.with_channel_axis())
    return images[..., np.newaxis]


def _check_value_range(
    images: npt.NDArray[Any],
    low: float,
    high: float,
    *,
    value_range: tuple[float, float],
    where: str,
) -> None:
    first, last = value_range
    tolerance = RANGE_TOLERANCE * (last - first)
    if low >= first - tolerance and high <= last + tolerance:
        return
    extreme = images.argmin() if low < first - tolerance else images.argmax()
    row = int(np.unravel_index(extreme, images.shape)[0])
    raise DataError(
        f"{where}: row {row} holds the value {float(images.flat[extreme]):g}. Expected values in "
        f"`value_range: [{first:g}, {last:g}]`. Received: {low:g} to {high:g}. "
        f"{_range_hint(low, high)}"
    )


def _refuse_scaled(
    low: float, high: float, *, value_range: tuple[float, float], where: str
) -> None:
    first, last = value_range
    if high - first >= SCALED_FRACTION * (last - first):
        return
    raise DataError(
        f"{where}: the values run from {low:g} to {high:g}, within a hundredth of "
        f"`value_range: [{first:g}, {last:g}]`. Expected raw values. The images seem to be scaled "
        f"already; scaled once more they would be blank. {_range_hint(low, high)}"
    )


def _range_hint(low: float, high: float) -> str:
    for first, last in USUAL_RANGES:
        if low >= first and high <= last:
            return f"Write `value_range: [{first}, {last}]` if that is what a pixel can be."
    return (
        "Write the lowest and the highest value that a pixel can have as `value_range`. Give raw "
        "pixels: the spec's `mean` and `std` standardise them inside the model."
    )
