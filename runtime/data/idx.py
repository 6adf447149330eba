"""IDX files, the format of MNIST and its kin.

A file is two zero bytes, a byte for the element type, a byte for the rank, one big-endian 32-bit
length for each axis, and the elements. Reference: http://yann.lecun.com/exdb/mnist/
"""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from io import BufferedReader
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import Dataset, Split, make_split, refuse_unlike_splits
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.memory import refuse_beyond_memory_limit
from bnnc.system.reading import open_file

UNSIGNED_BYTE = 0x08
CHUNK_BYTES = 16 * 2**20


def holds_idx(folder: Path) -> bool:
    """Say whether any file of the folder carries one of the usual IDX names."""
    return any(
        (folder / name).exists()
        for part in ("train", "t10k")
        for kind in ("images", "labels")
        for name in file_names(part, kind)
    )


def load_idx_folder(folder: Path, *, name: str, classes: Sequence[str] | None = None) -> Dataset:
    """Read `train-images-idx3-ubyte` and its three companions, compressed or not.

    `classes` names the indices of the labels. The `t10k` pair is optional. Where a file stands there both plain and compressed, as after
    unpacking, the plain one is read.
    Raises: DataError naming the file that is missing, cut short, too long or corrupt.
    """
    train = read_pair(folder, "train")
    test = None
    if any(find_file(folder, "t10k", kind) for kind in ("images", "labels")):
        test = read_pair(folder, "t10k")
    refuse_unlike_splits(train, test, where=str(folder))
    return Dataset(
        name=name,
        train=train,
        test=test,
        class_names=None if classes is None else tuple(classes),
        origin=f"IDX files in {folder}",
    )


def read_idx(path: Path, *, rank: int) -> npt.NDArray[np.uint8]:
    """Read one IDX file of unsigned bytes with `rank` axes, through gzip if it ends in `.gz`.

    Raises: DataError for another magic number, and unless the file holds exactly the bytes that
    its header promises.
    """
    try:
        with open_file(path) as file:
            if path.suffix != ".gz":
                return _read_stream(file, path, rank)
            with gzip.open(file) as stream:
                return _read_stream(stream, path, rank)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: the gzip data is corrupt or cut short ({error}). "
            "Expected a whole gzip file. Download it again."
        ) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from error


def read_pair(folder: Path, part: str) -> Split:
    """Read the images and the labels of one part, `train` or `t10k`."""
    paths = {}
    for kind in ("images", "labels"):
        path = find_file(folder, part, kind)
        if path is None:
            raise DataError(
                f"{folder}: the file of the {part} {kind} is missing. Expected one of "
                f"{', '.join(file_names(part, kind))}."
            )
        paths[kind] = path
    return make_split(
        read_idx(paths["images"], rank=3)[..., np.newaxis],
        read_idx(paths["labels"], rank=1),
        images_where=str(paths["images"]),
        labels_where=str(paths["labels"]),
    )


def file_names(part: str, kind: str) -> tuple[str, ...]:
    """Give the spellings under which one of the four files circulates, best first."""
    rank = {"images": 3, "labels": 1}[kind]
    plain = (f"{part}-{kind}-idx{rank}-ubyte", f"{part}-{kind}.idx{rank}-ubyte")
    return (*plain, *(f"{name}.gz" for name in plain))


def find_file(folder: Path, part: str, kind: str) -> Path | None:
    """Find one of the four files under any of its spellings."""
    for name in file_names(part, kind):
        if (folder / name).exists():
            return folder / name
    return None


def _read_stream(
    stream: gzip.GzipFile | BufferedReader, path: Path, rank: int
) -> npt.NDArray[np.uint8]:
    expected_magic = bytes((0, 0, UNSIGNED_BYTE, rank))
    header_bytes = 4 + 4 * rank
    # A loop, because a gzip stream may return less than it was asked for.
    header = b"".join(_chunks(stream, header_bytes))
    if header[:4] != expected_magic[: len(header)]:
        raise DataError(
            f"{path}: wrong magic number. Expected 0x{expected_magic.hex()} (unsigned bytes of "
            f"rank {rank}). Received: 0x{header[:4].hex()}. Is it an IDX file of that kind?"
        )
    if len(header) < header_bytes:
        raise DataError(
            f"{path}: cut short in its header. Expected at least {header_bytes} bytes. "
            f"Received: {len(header)}. Download it again."
        )
    shape = tuple(int(length) for length in np.frombuffer(header, dtype=">u4", offset=4))
    size = prod(shape)
    refuse_beyond_memory_limit(size, where=str(path))

    content = bytearray()
    for chunk in _chunks(stream, size):
        content += chunk
    # Reading on to the end counts what is too much, and makes gzip verify its checksum. The end may
    # be far away: of a sparse file, or of a few bytes that unpack to terabytes.
    found, most = len(content), size + CHUNK_BYTES
    while found <= most and (chunk := stream.read(CHUNK_BYTES)):
        found += len(chunk)
    if found != size:
        state = "cut short" if found < size else "too long"
        raise DataError(
            f"{path}: {state}. The header promises {' × '.join(map(str, shape))} elements: "
            f"expected {header_bytes + size:,} bytes. "
            f"Received: {'more than ' if found > most else ''}{header_bytes + found:,} bytes. "
            "Download it again."
        )
    array: npt.NDArray[Any] = np.frombuffer(content, dtype=np.uint8)
    return array.reshape(shape)


def _chunks(stream: gzip.GzipFile | BufferedReader, size: int) -> Iterator[bytes]:
    """Read up to `size` bytes, never asking for memory that only a false header promises."""
    while size > 0 and (chunk := stream.read(min(size, CHUNK_BYTES))):
        size -= len(chunk)
        yield chunk
