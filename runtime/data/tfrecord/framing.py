"""The records of TFRecord files: where each of them is, and its bytes.

A record is its length (8 bytes), a checksum of the length, its bytes, and a checksum of these; see
https://www.tensorflow.org/tutorials/load_data/tfrecord. So the places of all records are found by
reading twelve bytes of each, and a record can be read at any time.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import google_crc32c

from bnnc.runtime.data.errors import DataError
from bnnc.system.reading import open_file, read_beginning

_HEADER: Final = struct.Struct("<QI")
_FOOTER: Final = struct.Struct("<I")
# Bytes of a record from which on no page is read ahead: its image is not asked for.
_LARGE: Final = 2**17
_WAY_OUT: Final = "Write the file again, or remove it"
# What a file begins with that was written with `TFRecordOptions(compression_type=...)`.
_COMPRESSED: Final = {b"\x1f\x8b": "GZIP", b"\x78\x01": "ZLIB", b"\x78\x9c": "ZLIB"}
MOST_BYTES: Final = 2**31
"""The most bytes of a record, the limit of a serialized `tf.train.Example`."""


@dataclass(frozen=True, slots=True)
class Record:
    """Where a record is: its number in the file, and its first byte and length there."""

    number: int
    start: int
    length: int


def begins_as_records(file: Path) -> bool:
    """Whether the first bytes of a file are the length of a record and its checksum."""
    header = read_beginning(file, _HEADER.size)
    if len(header) < _HEADER.size:
        return False
    _, checksum = _HEADER.unpack(header)
    return bool(checksum == _checksum(header[:8]))


def records_of(file: Path, view: memoryview | mmap.mmap) -> Iterator[Record]:
    """The records of a file, whose bytes are `view`, without reading more than their lengths.

    Raises: DataError for a damaged length, and for a file that is cut short.
    """
    size, at, number = len(view), 0, 0
    while at < size:
        header = bytes(view[at : at + _HEADER.size])
        if len(header) < _HEADER.size:
            raise _cut_short(file, number, size - at)
        length, checksum = _HEADER.unpack(header)
        if checksum != _checksum(header[:8]):
            raise _no_length(file, number, header)
        start = at + _HEADER.size
        at = start + length + _FOOTER.size
        if at > size:
            raise _cut_short(file, number, size - start)
        if length > MOST_BYTES:
            raise DataError(
                f"{file}, record {number}: has {length:,} bytes. Expected at most {MOST_BYTES:,}."
            )
        yield Record(number, start, length)
        number += 1


@contextmanager
def mapped(file: Path) -> Iterator[memoryview]:
    """The bytes of a file, of which only those are read that are asked for. Raises: OSError."""
    with open_file(file) as opened:
        if os.fstat(opened.fileno()).st_size == 0:
            yield memoryview(b"")
            return
        # Closed when nothing refers to it: an error that is raised may hold some of its bytes.
        whole = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        if int.from_bytes(whole[:8], "little") > _LARGE and hasattr(mmap, "MADV_RANDOM"):
            whole.madvise(mmap.MADV_RANDOM)
        yield memoryview(whole)


def read_record(file: Path, record: Record) -> bytes:
    """The bytes of a record. Raises: DataError if they are not those that were written."""
    try:
        with open_file(file) as opened:
            data = os.pread(opened.fileno(), record.length + _FOOTER.size, record.start)
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror or error}).") from error
    if len(data) < record.length + _FOOTER.size:
        raise _cut_short(file, record.number, len(data))
    content = data[: record.length]
    if _FOOTER.unpack(data[record.length :])[0] != _checksum(content):
        raise DataError(
            f"{file}, record {record.number}: is damaged: its checksum is that of other bytes. "
            f"{_WAY_OUT}."
        )
    return content


def _checksum(data: bytes) -> int:
    """The masked CRC-32C that TFRecord files hold."""
    checksum: int = google_crc32c.value(data)
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _cut_short(file: Path, number: int, left: int) -> DataError:
    return DataError(
        f"{file}, record {number}: is cut short: {left:,} bytes of it are there. {_WAY_OUT}."
    )


def _no_length(file: Path, number: int, header: bytes) -> DataError:
    compression = _COMPRESSED.get(header[:2]) if number == 0 else None
    if compression is not None:
        unpack = "Unpack it with `gunzip`" if compression == "GZIP" else "Write it anew without"
        return DataError(
            f"{file}: is compressed as a whole ({compression}), so that no record can be read by "
            f"itself. {unpack}; PNG and JPEG images are compressed already."
        )
    if number == 0:
        return DataError(
            f"{file}: does not begin as a TFRecord file. Expected the length of a record and its "
            f"checksum. {_WAY_OUT}."
        )
    return DataError(
        f"{file}, record {number}: is damaged: the checksum of its length is that of another. "
        f"{_WAY_OUT}."
    )
