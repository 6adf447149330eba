"""Several image files as one array."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import size_text
from bnnc.runtime.data.errors import DataError, SizesDifferError
from bnnc.runtime.data.image_file import ImageHeader, read_header, read_pixels
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.memory import refuse_beyond_memory_limit
from bnnc.runtime.data.resizing import refuse_other_fill, resize_pixels
from bnnc.specs.data import Reading, Resize


def read_stack(
    paths: Sequence[Path],
    header: ImageHeader,
    *,
    where: Path,
    notes: ImageNotes,
    resize: Resize | None = None,
) -> npt.NDArray[Any]:
    """Read images [N, height, width, channels]: uint8, or float32 if they have 16 bits a channel.

    `header` says what they are once they have been resized.
    Raises: DataError for more than fits into memory, and for a file that cannot be decoded;
        SpecDataError for a fill value that the pixels cannot have.
    """
    refuse_other_fill(resize, f"uint{header.bits}", where=str(where))
    dtype = np.dtype(np.float32 if header.bits == 16 else np.uint8)
    shape = (len(paths), header.height, header.width, header.channels)
    refuse_beyond_memory_limit(int(np.prod(shape, dtype=object)) * dtype.itemsize, where=str(where))
    images = np.empty(shape, dtype=dtype)
    for row, path in enumerate(paths):
        pixels: npt.NDArray[Any] = read_pixels(path, channels=header.channels, notes=notes)
        images[row] = pixels if resize is None else resize_pixels(pixels, resize)
    return images


def common_header(
    paths: Sequence[Path], notes: ImageNotes, reading: Reading, *, where: Path
) -> ImageHeader:
    """Size, channels and bits of images together as they are read, before any pixel.

    Raises: DataError for images of several sizes that are not resized, and of 8 and of 16 bits.
    """
    headers = [read_header(path, notes) for path in paths]
    sizes: dict[tuple[int, int], Path] = {}
    for path, header in zip(paths, headers, strict=True):
        sizes.setdefault((header.height, header.width), path)
    height, width = headers[0].height, headers[0].width
    resize = reading.resize
    if resize is not None:
        height, width = resize.height, resize.width
    elif len(sizes) > 1:
        raise _several_sizes(sizes, where)
    refuse_unlike_bits(paths, headers)
    refuse_other_fill(resize, f"uint{headers[0].bits}", where=str(where))
    channels = reading.channels or max(header.channels for header in headers)
    return ImageHeader(height, width, channels, headers[0].bits)


def _several_sizes(sizes: Mapping[tuple[int, int], Path], where: Path) -> DataError:
    ordered = sorted(sizes, key=lambda size: (size[0] * size[1], size))
    least, most = (
        f"{size_text(one)} ({_within(where, sizes[one])})" for one in ordered[:: len(ordered) - 1]
    )
    return SizesDifferError(
        f"{where}: the images have {len(sizes):,} sizes (height × width), from {least} to {most}. "
        "Expected one size for all images. Write `resize: {height: HEIGHT, width: WIDTH}` into "
        "`data`, with the height and the width of `input.shape`."
    )


def _within(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def refuse_unlike_bits(paths: Sequence[Path], headers: Sequence[ImageHeader]) -> None:
    """Raise DataError if some images have 8 bits a channel and others 16."""
    for path, header in zip(paths, headers, strict=True):
        if header.bits != headers[0].bits:
            raise DataError(
                f"{path}: has {header.bits} bits a channel, but {paths[0]} has {headers[0].bits}. "
                "Expected the same in all images, as the same brightness is another number. "
                "Convert the images to the same number of bits."
            )
