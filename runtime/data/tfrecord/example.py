"""Find the features of a serialized `tf.train.Example`, without copying their values.

The messages are those of https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/example,
in the encoding of https://protobuf.dev/programming-guides/encoding. Only the fields that hold others
are read: the bytes of an image that lies between two of them are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

# How a field is encoded.
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5
KINDS: Final = {1: "bytes", 2: "floats", 3: "integers"}
"""The lists that a feature may be, by the number of the field."""

Numbers = npt.NDArray[np.float32] | npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of an example: the kind of its list, and the list as it is encoded."""

    kind: str
    encoded: memoryview


def features_of(example: memoryview) -> dict[str, Feature]:
    """The features of an example by name. Raises: ValueError for bytes that are no example."""
    found = {}
    for features in _parts(example, 1):
        for entry in _parts(features, 1):
            name, value = "", None
            for number, encoding, part in _fields(entry):
                if encoding == _LENGTH and number == 1:
                    name = bytes(part).decode("utf-8")
                elif encoding == _LENGTH and number == 2:
                    value = _feature(part)
            if value is not None:
                found[name] = value
    return found


def byte_strings(feature: Feature) -> list[memoryview]:
    """The values of a list of bytes."""
    return list(_parts(feature.encoded, 1))


def numbers(feature: Feature) -> Numbers:
    """The values of a list of numbers: float32, or int64. Raises: ValueError."""
    if feature.kind == "floats":
        pieces = [bytes(part) for number, _, part in _fields(feature.encoded) if number == 1]
        return np.frombuffer(b"".join(pieces), "<f4").astype(np.float32, copy=False)
    pieces = [bytes(part) for number, _, part in _fields(feature.encoded) if number == 1]
    return _varints(b"".join(pieces))  # packed, or one by one


def varints_and_parts(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of any message by number: whole numbers, and fields of a length.

    Raises: ValueError for bytes that are no message.
    """
    for number, encoding, part in _fields(message):
        yield number, _varint(part, 0)[0] if encoding == _VARINT else part


def _feature(message: memoryview) -> Feature | None:
    for number, encoding, part in _fields(message):
        if encoding == _LENGTH and number in KINDS:
            return Feature(KINDS[number], part)
    return None


def _parts(message: memoryview, wanted: int) -> Iterator[memoryview]:
    for number, encoding, part in _fields(message):
        if number == wanted and encoding == _LENGTH:
            yield part


def _fields(message: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    at, size = 0, len(message)
    while at < size:
        tag, start = message[at], at + 1
        if tag >= 128:
            tag, start = _varint(message, at)
        encoding, at = tag & 7, start
        if encoding == _LENGTH:
            length, start = message[at] if at < size else 128, at + 1
            if length >= 128:
                length, start = _varint(message, at)
            at = start + length
        elif encoding == _VARINT:
            _, at = _varint(message, at)
        elif encoding == _FOUR_BYTES:
            at += 4
        elif encoding == _EIGHT_BYTES:
            at += 8
        else:
            raise ValueError("a field has no encoding of today's")
        if at > size or tag < 8:
            raise ValueError("a field does not end within the message")
        yield tag >> 3, encoding, message[start:at]


def _varints(encoded: bytes) -> npt.NDArray[np.int64]:
    """Whole numbers of seven bits a byte, one after the other."""
    if len(encoded) == 1 and encoded[0] < 128:  # a class index
        return np.array([encoded[0]], np.int64)
    data = np.frombuffer(encoded, np.uint8)
    if len(data) == 0:
        return np.zeros(0, np.int64)
    ends = np.flatnonzero(data < 128)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if data[-1] >= 128 or lengths.max() > 10:
        raise ValueError("a number does not end within the message")
    shifts = 7 * (np.arange(len(data)) - np.repeat(starts, lengths))
    bits = (data & 127).astype(np.uint64) << shifts.astype(np.uint64)
    return np.bitwise_or.reduceat(bits, starts).astype(np.int64)


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A whole number of seven bits a byte, and where the next byte is."""
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("a number does not end within the message")
        byte = message[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
