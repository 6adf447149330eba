"""Several image files as one array."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.image_file import ImageHeader, read_pixels
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.memory import refuse_beyond_memory_limit


def read_stack(
    paths: Sequence[Path], header: ImageHeader, *, where: Path, notes: ImageNotes
) -> npt.NDArray[Any]:
    """Read images [N, height, width, channels]: uint8, or float32 if they have 16 bits a channel.

    Raises: DataError for more than fits into memory, and for a file that cannot be decoded.
    """
    dtype = np.dtype(np.float32 if header.bits == 16 else np.uint8)
    shape = (len(paths), header.height, header.width, header.channels)
    refuse_beyond_memory_limit(int(np.prod(shape, dtype=object)) * dtype.itemsize, where=str(where))
    images = np.empty(shape, dtype=dtype)
    for row, path in enumerate(paths):
        images[row] = read_pixels(path, channels=header.channels, notes=notes)
    return images


def refuse_unlike_bits(paths: Sequence[Path], headers: Sequence[ImageHeader]) -> None:
    """Raise DataError if some images have 8 bits a channel and others 16."""
    for path, header in zip(paths, headers, strict=True):
        if header.bits != headers[0].bits:
            raise DataError(
                f"{path}: has {header.bits} bits a channel, but {paths[0]} has {headers[0].bits}. "
                "Expected the same in all images, as the same brightness is another number. "
                "Convert the images to the same number of bits."
            )
