"""Bring images to one size, as `keras.layers.Resizing` does.

Pillow resizes: images of 8 bits with whole numbers, so that every machine gives the same pixels,
and others with real numbers, channel by channel. Where an image becomes smaller, each new pixel is
a mean over all that it covers, as of `tf.image.resize(antialias=True)`; `nearest` takes one.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from bnnc.runtime.data.dataset import Dataset, Split
from bnnc.runtime.data.errors import SpecDataError
from bnnc.runtime.data.memory import refuse_beyond_memory_limit
from bnnc.specs.data import Reading, Resize
from bnnc.specs.sources import arrays_refused

_FILTERS: Final[Mapping[str, Image.Resampling]] = MappingProxyType(
    {
        "nearest": Image.Resampling.NEAREST,
        "bilinear": Image.Resampling.BILINEAR,
        "bicubic": Image.Resampling.BICUBIC,
        "area": Image.Resampling.BOX,
        "lanczos3": Image.Resampling.LANCZOS,
    }
)
Pixels = npt.NDArray[Any]


def resize_pixels(pixels: Pixels, resize: Resize) -> Pixels:
    """Resize one image, [height, width, channels] -> [resize.height, resize.width, channels].

    The type stays, uint8, uint16 or float32, and no pixel leaves the range of the image's own.
    """
    if pixels.shape[:2] == (resize.height, resize.width):
        return pixels
    if resize.crop_to_aspect_ratio:
        pixels = _cropped(pixels, resize)
    elif resize.pad_to_aspect_ratio:
        pixels = _padded(pixels, resize)
    size, kind = (resize.width, resize.height), _FILTERS[resize.interpolation]
    channels = pixels.shape[2]
    if pixels.dtype == np.uint8 and channels in (1, 3):
        image = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if channels == 1 else pixels))
        return np.asarray(image.resize(size, kind)).reshape(resize.height, resize.width, channels)
    resized = np.empty((resize.height, resize.width, channels), pixels.dtype)
    for channel in range(channels):
        one = pixels[..., channel].astype(np.float32)
        made = np.asarray(Image.fromarray(one).resize(size, kind)).clip(one.min(), one.max())
        resized[..., channel] = made if pixels.dtype.kind == "f" else np.rint(made)
    return resized


def resize_dataset(dataset: Dataset, resize: Resize | None) -> Dataset:
    """Resize images that are arrays, [N, height, width] or [N, height, width, channels].

    Images of the wanted size are left as they are; all are without `resize`.
    Raises: SpecDataError for series and volumes, and for a fill value that the pixels cannot have;
        DataError for more than fits into memory.
    """
    if resize is None:
        return dataset

    def resized(split: Split) -> Split:
        return Split(resize_images(split.images, resize, where=dataset.name), split.labels)

    validation, test = dataset.validation, dataset.test
    return replace(
        dataset,
        train=resized(dataset.train),
        validation=None if validation is None else resized(validation),
        test=None if test is None else resized(test),
    )


def resize_images(images: Pixels, resize: Resize, *, where: str) -> Pixels:
    """Resize an array [N, height, width] or [N, height, width, channels]; see `resize_dataset`."""
    shape = resized_shape(images.shape[1:], resize, name=where)
    if shape == images.shape[1:]:
        return images
    refuse_other_fill(resize, images.dtype.name, where=where)
    rows = len(images)
    size = rows * int(np.prod(shape, dtype=object)) * images.dtype.itemsize
    refuse_beyond_memory_limit(size, where=where)
    resized = np.empty((rows, *shape), images.dtype)
    for row, image in enumerate(images):
        made = resize_pixels(image.reshape(*image.shape[:2], -1), resize)
        resized[row] = made.reshape(shape)
    return resized


def resized_shape(shape: tuple[int, ...], resize: Resize, *, name: str) -> tuple[int, ...]:
    """The shape of an image of a source after it was resized. Raises: SpecDataError."""
    if len(shape) not in (2, 3):
        raise SpecDataError(
            f"{name}: `data.resize` resizes images of height and width. Received: rows of shape "
            f"{list(shape)}. Delete `data.resize`, and store the rows in the size of the spec.",
            "data",
            "resize",
        )
    return (resize.height, resize.width, *shape[2:])


def refuse_other_fill(resize: Resize | None, dtype: str, *, where: str) -> None:
    """Raise SpecDataError if images of 8 or 16 bits are padded with a value that they cannot have."""
    if resize is None or not resize.pad_to_aspect_ratio or dtype not in ("uint8", "uint16"):
        return
    most = int(np.iinfo(dtype).max)
    fill = resize.fill_value
    if fill != int(fill) or not 0 <= fill <= most:
        raise SpecDataError(
            f"{where}: the images have {8 if most == 255 else 16} bits a channel. Expected a whole "
            f"number from 0 to {most} as `data.resize.fill_value`. Received: {fill:g}.",
            *("data", "resize", "fill_value"),
        )


def refuse_unlike_files(name: str, reading: Reading) -> None:
    """Raise SpecDataError if arrays shall be read as image files are."""
    unused = arrays_refused(name, reading)
    if unused is not None:
        raise SpecDataError(unused[0], "data", unused[1])


# The next two round and place as Keras does. Of an odd border, Keras leaves out a pixel.


def _cropped(pixels: Pixels, resize: Resize) -> Pixels:
    height, width = pixels.shape[:2]
    kept_height = max(min(height, int(width * resize.height / resize.width)), 1)
    kept_width = max(min(width, int(height * resize.width / resize.height)), 1)
    top, left = (height - kept_height) // 2, (width - kept_width) // 2
    return pixels[top : top + kept_height, left : left + kept_width]


def _padded(pixels: Pixels, resize: Resize) -> Pixels:
    height, width, channels = pixels.shape
    all_height = max(height, int(width * resize.height / resize.width))
    all_width = max(width, int(height * resize.width / resize.height))
    padded = np.full((all_height, all_width, channels), resize.fill_value, pixels.dtype)
    top, left = (all_height - height) // 2, (all_width - width) // 2
    padded[top : top + height, left : left + width] = pixels
    return padded
