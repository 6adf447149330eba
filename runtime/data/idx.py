"""IDX files, the format of MNIST.

A file is two zero bytes, a byte for the element type, a byte for the rank, one big-endian 32-bit
length for each axis, and the elements. Reference: http://yann.lecun.com/exdb/mnist/
"""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.data.dataset import (
    Dataset,
    Header,
    Split,
    image_shapes,
    make_split,
    refuse_no_images,
    refuse_unequal_rows,
    refuse_unlike_parts,
)
from bnnc.runtime.data.errors import DataError
from bnnc.runtime.data.label_counts import are_few, count_labels
from bnnc.runtime.data.memory import refuse_beyond_memory_limit
from bnnc.specs.sources import DataFacts
from bnnc.system.reading import open_file

UNSIGNED_BYTE = 0x08
CHUNK_BYTES = 16 * 2**20
_RANKS = {"images": 3, "labels": 1}
_PARTS = {"train": "train", "test": "t10k"}


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
    if _has_test(folder):
        test = read_pair(folder, "t10k")
    refuse_unlike_parts(image_shapes({"train": train, "test": test}), where=str(folder))
    return Dataset(
        name=name,
        train=train,
        test=test,
        class_names=None if classes is None else tuple(classes),
        origin=f"IDX files in {folder}",
    )


def idx_facts(folder: Path, *, name: str, classes: Sequence[str] | None = None) -> DataFacts:
    """Facts from the headers of the files, and from the labels where they are few.

    Raises: DataError as `load_idx_folder`, as far as it can be seen without the images.
    """
    rows, shapes = 0, dict[str, tuple[int, ...]]()
    for part, name_of_part in _PARTS.items():
        if part == "test" and not _has_test(folder):
            continue
        paths = pair_paths(folder, name_of_part)
        images, labels = (_read_shape(paths[kind], rank) for kind, rank in _RANKS.items())
        refuse_no_images(Header(images, np.dtype(np.uint8)), where=str(paths["images"]))
        refuse_unequal_rows(images[0], labels[0], str(paths["images"]), str(paths["labels"]))
        shapes[part] = (*images[1:], 1)
        rows = images[0] if part == "train" else rows
    refuse_unlike_parts(shapes, where=str(folder))
    few = are_few(Header((rows,), np.dtype(np.uint8)))
    labels_path = pair_paths(folder, "train")["labels"]
    return DataFacts(
        name=name,
        rows=rows,
        shape=shapes["train"],
        dtype="uint8",
        class_names=None if classes is None else tuple(classes),
        label_columns=1,
        has_validation=False,
        has_test="test" in shapes,
        label_counts=count_labels(read_idx(labels_path, rank=1)) if few else None,
    )


def read_idx(path: Path, *, rank: int) -> npt.NDArray[np.uint8]:
    """Read one IDX file of unsigned bytes with `rank` axes, through gzip if it ends in `.gz`.

    Raises: DataError for another magic number, and unless the file holds exactly the bytes that
    its header promises.
    """
    with _opened(path) as stream:
        return _read_stream(stream, path, rank)


@contextmanager
def _opened(path: Path) -> Iterator[gzip.GzipFile | BufferedReader]:
    try:
        with open_file(path) as file:
            if path.suffix != ".gz":
                yield file
                return
            with gzip.open(file) as stream:
                yield stream
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: the gzip data is corrupt or cut short ({error}). "
            "Expected a whole gzip file. Download it again."
        ) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from error


def _has_test(folder: Path) -> bool:
    return any(find_file(folder, "t10k", kind) for kind in _RANKS)


def pair_paths(folder: Path, part: str) -> dict[str, Path]:
    """The files of the images and the labels of one part. Raises: DataError if one is missing."""
    paths = {}
    for kind in _RANKS:
        path = find_file(folder, part, kind)
        if path is None:
            raise DataError(
                f"{folder}: the file of the {part} {kind} is missing. Expected one of "
                f"{', '.join(file_names(part, kind))}."
            )
        paths[kind] = path
    return paths


def read_pair(folder: Path, part: str) -> Split:
    """Read the images and the labels of one part, `train` or `t10k`."""
    paths = pair_paths(folder, part)
    return make_split(
        read_idx(paths["images"], rank=3)[..., np.newaxis],
        read_idx(paths["labels"], rank=1),
        images_where=str(paths["images"]),
        labels_where=str(paths["labels"]),
    )


def file_names(part: str, kind: str) -> tuple[str, ...]:
    """Give the spellings under which one of the four files circulates, best first."""
    rank = _RANKS[kind]
    plain = (f"{part}-{kind}-idx{rank}-ubyte", f"{part}-{kind}.idx{rank}-ubyte")
    return (*plain, *(f"{name}.gz" for name in plain))


def find_file(folder: Path, part: str, kind: str) -> Path | None:
    """Find one of the four files under any of its spellings."""
    for name in file_names(part, kind):
        if (folder / name).exists():
            return folder / name
    return None


def _read_shape(path: Path, rank: int) -> tuple[int, ...]:
    """The lengths of the axes, from the header; a plain file has the bytes that it promises."""
    with _opened(path) as stream:
        shape = _read_header(stream, path, rank)
    if path.suffix != ".gz":
        _refuse_other_size(path, shape, path.stat().st_size - _header_bytes(rank))
    return shape


def _header_bytes(rank: int) -> int:
    return 4 + 4 * rank


def _read_header(stream: gzip.GzipFile | BufferedReader, path: Path, rank: int) -> tuple[int, ...]:
    expected_magic = bytes((0, 0, UNSIGNED_BYTE, rank))
    header_bytes = _header_bytes(rank)
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
    refuse_beyond_memory_limit(prod(shape), where=str(path))
    return shape


def _read_stream(
    stream: gzip.GzipFile | BufferedReader, path: Path, rank: int
) -> npt.NDArray[np.uint8]:
    shape = _read_header(stream, path, rank)
    size = prod(shape)
    content = bytearray()
    for chunk in _chunks(stream, size):
        content += chunk
    # Reading on to the end counts what is too much, and makes gzip verify its checksum. The end may
    # be far away: of a sparse file, or of a few bytes that unpack to terabytes.
    found = len(content)
    while found <= _most_read(size) and (chunk := stream.read(CHUNK_BYTES)):
        found += len(chunk)
    _refuse_other_size(path, shape, found)
    array: npt.NDArray[Any] = np.frombuffer(content, dtype=np.uint8)
    return array.reshape(shape)


def _most_read(size: int) -> int:
    """Elements after which what a file holds too much is counted no further."""
    return size + CHUNK_BYTES


def _refuse_other_size(path: Path, shape: tuple[int, ...], found: int) -> None:
    size, header_bytes = prod(shape), _header_bytes(len(shape))
    if found != size:
        state = "cut short" if found < size else "too long"
        raise DataError(
            f"{path}: {state}. The header promises {' × '.join(map(str, shape))} elements: "
            f"expected {header_bytes + size:,} bytes. "
            f"Received: {'more than ' if found > _most_read(size) else ''}"
            f"{header_bytes + found:,} bytes. Download it again."
        )


def _chunks(stream: gzip.GzipFile | BufferedReader, size: int) -> Iterator[bytes]:
    """Read up to `size` bytes, never asking for memory that only a false header promises."""
    while size > 0 and (chunk := stream.read(min(size, CHUNK_BYTES))):
        size -= len(chunk)
        yield chunk
