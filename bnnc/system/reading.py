"""Open regular files for reading, without waiting, and up to a size limit.

The content of every file that a user names goes through this module. A pipe without a writer would
block the process for ever, a device can be endless, and opening one can have effects of its own.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from io import BufferedReader

AnyPath = str | os.PathLike[str]

MAX_TEXT_BYTES = 64 * 2**20
"""The limit for files of text that bnnc writes itself: manifests, metrics and emitted source."""

# Neither wait for the writer of a pipe, nor let a terminal become the one that controls us.
# Windows has neither flag.
_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

WRITER_SECONDS = 5.0
"""How long a named pipe may be without a writer before it is refused."""


class NotAFileError(OSError):
    """Something that is no regular file. `kind` says what it is: a folder, a pipe, a device."""

    def __init__(self, path: AnyPath, kind: str) -> None:
        super().__init__(errno.EINVAL, f"it is {kind}; expected a regular file", os.fspath(path))
        self.kind = kind

    def __str__(self) -> str:
        return str(self.strerror)  # whoever shows it has named the file


class FileTooLargeError(OSError):
    """A file of more bytes than its kind may have."""

    def __init__(self, path: AnyPath, size: int | None, limit: int) -> None:
        received = "more" if size is None else f"{size:,}"
        message = f"expected at most {limit:,} bytes; received {received}"
        super().__init__(errno.EFBIG, message, os.fspath(path))

    def __str__(self) -> str:
        return str(self.strerror)


def open_file(path: AnyPath, *, limit: int | None = None) -> BufferedReader:
    """Open a regular file for reading bytes; a link is followed.

    Args:
        path: the file.
        limit: the most bytes that the file may have now. One that grows later is read on: see
            `read_file`.

    Raises: NotAFileError for a folder, a pipe, a socket or a device; FileTooLargeError; OSError;
        ValueError for a path with a null character.
    """
    file = open(path, "rb", opener=_open_regular)  # noqa: SIM115  # the caller closes it
    size = os.fstat(file.fileno()).st_size
    if limit is not None and size > limit:
        file.close()
        raise FileTooLargeError(path, size, limit)
    return file


def read_file(path: AnyPath, *, limit: int = MAX_TEXT_BYTES) -> bytes:
    """Read a whole regular file of at most `limit` bytes, also where it grows meanwhile.

    Raises: as `open_file`.
    """
    with open_file(path, limit=limit) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise FileTooLargeError(path, None, limit)
    return data


def read_text(path: AnyPath, *, limit: int = MAX_TEXT_BYTES) -> str:
    """Read a whole regular file of UTF-8. Raises: as `open_file`; UnicodeDecodeError."""
    return read_file(path, limit=limit).decode("utf-8")


def read_beginning(path: AnyPath, size: int, *, pipes: bool = False) -> bytes:
    """Read the first `size` bytes of a regular file, or of a pipe where `pipes` says so.

    A shell hands over the output of `<(command)` as a pipe. It is read until its last writer closes
    it; one that has no writer for `WRITER_SECONDS` is refused.
    Raises: as `open_file`; TimeoutError for a pipe without a writer.
    """
    with open(path, "rb", opener=_open_regular_or_pipe if pipes else _open_regular) as file:
        if stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
            return _read_pipe(path, file.fileno(), size)
        return file.read(size)


def _open_regular(path: str, flags: int) -> int:
    return _open(path, flags, (stat.S_IFREG,))


def _open_regular_or_pipe(path: str, flags: int) -> int:
    return _open(path, flags, (stat.S_IFREG, stat.S_IFIFO))


def _open(path: str, flags: int, kinds: tuple[int, ...]) -> int:
    # Looked at before it is opened, as opening a device can rewind a tape or start a watchdog; and
    # again afterwards, as another process may have replaced it.
    _refuse_other_kinds(path, os.stat(path).st_mode, kinds)
    descriptor = os.open(path, flags | _FLAGS)
    try:
        _refuse_other_kinds(path, os.fstat(descriptor).st_mode, kinds)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_other_kinds(path: str, mode: int, kinds: tuple[int, ...]) -> None:
    if stat.S_IFMT(mode) not in kinds:
        raise NotAFileError(path, _KINDS.get(stat.S_IFMT(mode), "no file"))


def _read_pipe(path: AnyPath, descriptor: int, size: int) -> bytes:
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    data = bytearray()
    last = time.monotonic() + WRITER_SECONDS
    while len(data) < size:
        try:
            chunk = os.read(descriptor, size - len(data))
        except BlockingIOError:  # there is a writer, which takes its time as one of `-` may
            waiting.poll()
            continue
        data += chunk
        if chunk:
            continue
        if data:  # its last writer has closed it
            break
        events = waiting.poll(max(0.0, last - time.monotonic()) * 1000)
        if not events:
            message = f"it is a pipe that nothing was written into for {WRITER_SECONDS:g} s"
            raise TimeoutError(errno.ETIMEDOUT, message, os.fspath(path))
        if not events[0][1] & select.POLLIN:  # a writer came, and went without a word
            break
    return bytes(data)
