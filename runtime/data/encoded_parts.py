"""Images within files of many rows, of all parts of a source: in memory, or left in their files."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numpy.typing as npt

from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.image_file import read_header
from bnnc.runtime.data.image_files import EncodedImages
from bnnc.runtime.data.image_header import ImageHeader
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.image_stack import MOST_HEADERS, joint_header
from bnnc.runtime.data.memory import fits_in_memory, refuse_beyond_memory_limit
from bnnc.runtime.data.stored_images import StoredImages
from bnnc.specs.data import Reading

UNKNOWN: Final = ImageHeader(1, 1, 1, 8)
"""The header of images that were not looked at."""

Encoded = TypeVar("Encoded", bound=EncodedImages)
Stored = Mapping[str, StoredImages]


def with_header(
    parts: Mapping[str, Encoded], notes: ImageNotes, *, where: Path, most: int | None
) -> dict[str, Encoded]:
    """The images with the header that they have together, of `most` of each part or, if None, all.

    Raises: DataError for images that are unlike each other; for one that cannot be read if all are
        looked at, or none can.
    """
    paths, headers, failures = [], [], []
    for images in parts.values():
        step = 1 if most is None else max(len(images) // most, 1)
        for row in range(0, len(images), step):
            path = images.path(row)
            try:
                headers.append(read_header(path, notes, content=images.content(row)))
                paths.append(path)
            except DataError as error:
                failures.append(error)
    if failures and (most is None or not headers):  # of some, it is seen when they are read
        raise failures[0]
    reading = next(iter(parts.values())).reading
    header = joint_header(paths, headers, reading, where=where)
    return {part: replace(images, header=header) for part, images in parts.items()}


def kept_or_streamed(
    stored: Callable[[int | None], Stored], reading: Reading, notes: ImageNotes, *, where: Path
) -> dict[str, npt.NDArray[Any]]:
    """The images of each part: read, or left in their files.

    `stored` gives them after a look at so many, or at all if None. Raises: DataError.
    """
    some = stored(MOST_HEADERS)
    size = sum(images.nbytes for images in some.values())
    is_streamed = reading.streaming
    if is_streamed is None and not fits_in_memory(size):
        is_streamed = True
        notes.say(
            f"{where}: the images would take {size / 2**30:,.1f} GiB of memory, and are read from "
            "their files in every epoch"
        )
    if is_streamed:
        # They have what is asked of an array: its shape, its type, and selection by rows.
        return {part: cast("npt.NDArray[Any]", images) for part, images in some.items()}
    way_out = "Delete `data.streaming`, to read the images from their files in every epoch."
    refuse_beyond_memory_limit(size, where=str(where), way_out=way_out)
    try:
        return {part: images.read() for part, images in some.items()}
    except DataError:
        # Perhaps one is in colour, and none was among those that were looked at.
        return {part: images.read() for part, images in stored(None).items()}
