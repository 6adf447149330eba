"""Make standard input, output and error robust: closed, full, or not in UTF-8."""

from __future__ import annotations

import codecs
import errno
import io
import os
import select
import sys
from typing import TextIO


class _Output(io.FileIO):
    """A stream that never raises on writing; `failure` is the first error.

    A full disk must not end a training, and a reader that has seen enough, such as `head`, must
    not change an exit code. `main` reports the failure at the end.
    """

    failure: OSError | None = None

    def write(self, data: object) -> int:
        try:
            while (written := super().write(data)) is None:  # type: ignore[arg-type]
                select.select([], [self], [])  # a stream that another process made non-blocking
        except OSError as error:
            self.failure = self.failure or error
            return len(data)  # type: ignore[arg-type]
        return written


def open_closed_descriptors() -> None:
    """Open the null device in place of a standard stream that is closed.

    Otherwise the next file that is opened takes its number, and what a library writes to standard
    error ends up in that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def set_standard_streams() -> None:
    """Give the process streams that every text can be written to, and that outlive their reader.

    A character that the encoding of the stream lacks is written as `\\u00d7`, which JSON and
    Python read back, and so is a byte of a file name that is not UTF-8.
    """
    open_closed_descriptors()
    codecs.register_error("bnnc", _escaped)
    sys.stdin = sys.stdin or io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8")
    sys.stdout = _patient(sys.stdout, 1)
    sys.stderr = _patient(sys.stderr, 2)


def failure_of(stream: TextIO) -> OSError | None:
    """The error that kept text from being written to a stream of `set_standard_streams`.

    A closed pipe is no failure: its reader has what it wants.
    """
    stream.flush()
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    failure = raw.failure if isinstance(raw, _Output) else None
    return None if failure is None or failure.errno == errno.EPIPE else failure


def _patient(stream: TextIO | None, number: int) -> TextIO:
    try:
        if stream is not None and stream.fileno() != number:
            return stream  # someone has redirected it within Python
    except (OSError, ValueError):
        return stream  # type: ignore[return-value]
    raw = _Output(number, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=stream.encoding if stream else "utf-8",
        errors="bnnc",
        line_buffering=number == 2 or raw.isatty(),
    )


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)), error.end
