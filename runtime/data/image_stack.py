"""Several image files as one array, or as files that are read when they are needed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any, Final, cast

import numpy.typing as npt

from bnnc.runtime.data.dataset import size_text
from bnnc.runtime.data.errors import DataError, SizesDifferError, SpecDataError
from bnnc.runtime.data.image_file import read_header
from bnnc.runtime.data.image_files import ImageFiles
from bnnc.runtime.data.image_header import ImageHeader
from bnnc.runtime.data.image_notes import ImageNotes
from bnnc.runtime.data.memory import fits_in_memory, refuse_beyond_memory_limit
from bnnc.runtime.data.resizing import refuse_other_fill
from bnnc.specs.data import Reading

# What is looked at of many files: a header takes a tenth of a millisecond.
MOST_HEADERS: Final = 200


def images_of_parts(
    parts: Mapping[str, Sequence[Path]], notes: ImageNotes, reading: Reading, *, where: Path
) -> dict[str, npt.NDArray[Any]]:
    """The images of each part [N, height, width, channels]: read, or left in their files.

    Of images that are streamed, the headers of some are looked at, and of those in memory all.
    Raises: as `common_header` and `read_stack`.
    """
    paths = [path for part in parts.values() for path in part]
    some = some_of(paths)
    header = common_header(some, notes, reading, where=where)
    size = ImageFiles.of(some, header, reading, where=where).nbytes * len(paths) // len(some)
    is_streamed = reading.streaming
    if is_streamed is None and not fits_in_memory(size):
        is_streamed = True
        notes.say(
            f"{where}: the images would take {size / 2**30:,.1f} GiB of memory, and are read from "
            "their files in every epoch"
        )
    if not is_streamed and len(some) < len(paths):
        header = common_header(paths, notes, reading, where=where)
    if is_streamed:
        refuse_other_fill(reading.resize, f"uint{header.bits}", where=str(where))
        # They have what is asked of an array: its shape, its type, and selection by rows.
        return {
            part: cast(npt.NDArray[Any], ImageFiles.of(of_part, header, reading, where=where))
            for part, of_part in parts.items()
        }
    return {
        part: read_stack(of_part, header, where=where, notes=notes, reading=reading)
        for part, of_part in parts.items()
    }


def some_of(paths: Sequence[Path]) -> Sequence[Path]:
    """Some files from everywhere; all of few."""
    return paths[:: max(len(paths) // MOST_HEADERS, 1)]


def read_stack(
    paths: Sequence[Path],
    header: ImageHeader,
    *,
    where: Path,
    notes: ImageNotes,
    reading: Reading,
) -> npt.NDArray[Any]:
    """Read images [N, height, width, channels]: uint8, or float32 if they have 16 bits a channel.

    `header` says what they are once they have been resized.
    Raises: DataError for more than fits into memory, and for a file that cannot be decoded;
        SpecDataError for a fill value that the pixels cannot have.
    """
    refuse_other_fill(reading.resize, f"uint{header.bits}", where=str(where))
    # Their sizes were compared already, and their colours are what the caller wants.
    reading = replace(reading, channels=header.channels)
    files = ImageFiles.of(paths, header, reading, where=where, notes=notes)
    way_out = "Use smaller images, or fewer of them at a time."
    if reading.streaming is False:
        way_out = "Delete `data.streaming`, to read the images from their files in every epoch."
    refuse_beyond_memory_limit(files.nbytes, where=str(where), way_out=way_out)
    return files.read()


def common_header(
    paths: Sequence[Path], notes: ImageNotes, reading: Reading, *, where: Path
) -> ImageHeader:
    """Size, channels and bits of images together as they are read, before any pixel.

    Raises: DataError for images of several sizes that are not resized, and of 8 and of 16 bits.
    """
    if not reading.skips:
        return joint_header(
            paths, [read_header(path, notes) for path in paths], reading, where=where
        )
    read, headers, failure = [], [], None
    for path in paths:
        try:
            headers.append(read_header(path, notes))
            read.append(path)
        except DataError as error:
            failure = failure or error
    if failure is not None and not read:
        raise failure
    return joint_header(read, headers, reading, where=where)


def joint_header(
    paths: Sequence[Path], headers: Sequence[ImageHeader], reading: Reading, *, where: Path
) -> ImageHeader:
    """The header that images have together, from that of each. Raises: as `common_header`."""
    sizes: dict[tuple[int, ...], Path] = {}
    for path, header in zip(paths, headers, strict=True):
        sizes.setdefault(header.size, path)
    height, width = headers[0].height, headers[0].width
    resize = reading.resize
    volume = next((number for number, one in enumerate(headers) if one.depth is not None), None)
    if volume is not None and resize is not None:
        raise SpecDataError(
            f"{paths[volume]}: is a volume of {headers[volume].depth} slices, and `data.resize` "
            "resizes images. Delete `resize`, and store all volumes in the size of `input.shape`.",
            *("data", "resize"),
        )
    if volume is not None and len({len(size) for size in sizes}) > 1:
        raise DataError(
            f"{paths[volume]}: is a volume of {headers[volume].depth} slices, and other files are "
            "images. Expected one kind. Save the slices as files, or move the volumes elsewhere."
        )
    if resize is not None:
        height, width = resize.height, resize.width
    elif len(sizes) > 1:
        raise _several_sizes(sizes, where)
    refuse_unlike_bits(paths, headers)
    refuse_other_fill(resize, f"uint{headers[0].bits}", where=str(where))
    channels = reading.channels or max(header.channels for header in headers)
    return ImageHeader(height, width, channels, headers[0].bits, headers[0].depth)


def _several_sizes(sizes: Mapping[tuple[int, ...], Path], where: Path) -> DataError:
    ordered = sorted(sizes, key=lambda size: (prod(size), size))
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
