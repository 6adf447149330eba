"""Lock a folder while it is written; the system releases the lock when the process ends."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import socket
import warnings
from pathlib import Path
from types import TracebackType
from typing import Self

from bnnc.errors import OutputError

LOCK = ".bnnc-lock"

# What `flock` raises where the file system has no locks, as some network and FUSE mounts.
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL})


class FolderInUseError(OutputError):
    """A folder that another process writes to at this moment."""


class LockWarning(UserWarning):
    """A file system that cannot lock a folder."""


class FolderLock:
    """An exclusive lock on a folder, held from `acquire` (or `with`) to `release`.

    It is `flock` on a small file in the folder with the number of the process, removed at the end.
    A kill releases the lock and leaves the file, which the next process takes over. On NFS the
    lock holds between machines where the server supports it (Linux 2.6.12 and later).

    Attributes:
        folder: the folder; set it anew after the folder was renamed.
        is_supported: whether the file system has locks; without them nothing is locked.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_supported = True
        self._descriptor: int | None = None

    def acquire(self) -> Self:
        """Lock the folder, without waiting.

        Raises: FolderInUseError if another process holds the lock; OSError if the folder is not
            there or cannot be written.
        """
        while self._descriptor is None:
            # Without following a link: the file is written to.
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(self.folder / LOCK, flags, 0o666)
            try:
                self._lock(descriptor)
                # The process before may have removed the file between the two calls.
                if _is_at(descriptor, self.folder / LOCK):
                    self._descriptor = descriptor
            finally:
                if self._descriptor is None:
                    os.close(descriptor)
        with contextlib.suppress(OSError):  # the number only serves the message
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, f"{os.getpid()} {socket.gethostname()}\n".encode(), 0)
        return self

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUseError(
                f"{self.folder} is in use: {_holder(descriptor)} writes to it. Wait until that "
                "has ended, or choose another folder"
            ) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            self.is_supported = False
            warnings.warn(
                f"the file system of {self.folder} has no locks: do not let two processes write "
                "to one folder",
                LockWarning,
                stacklevel=4,
            )

    def is_held(self) -> bool:
        """Whether the folder is still the one that was locked, and not removed or replaced."""
        return self._descriptor is not None and _is_at(self._descriptor, self.folder / LOCK)

    def release(self) -> None:
        """Remove the file and release the lock."""
        if self._descriptor is None:
            return
        with contextlib.suppress(OSError):
            if self.is_held():
                (self.folder / LOCK).unlink()
        os.close(self._descriptor)
        self._descriptor = None

    def __enter__(self) -> Self:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> None:
        self.release()


def is_locked(folder: Path) -> bool:
    """Whether another process holds the lock of a folder now; nothing is written."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # a file system without locks
    finally:
        os.close(descriptor)  # releases it
    return False


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        there = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)


def _holder(descriptor: int) -> str:
    """The process that holds a lock, in words."""
    try:
        written = os.pread(descriptor, 300, 0).decode("ascii", "replace")
    except OSError:
        written = ""
    found = re.match(r"(\d{1,10}) ([\w.-]{1,255})\n", written, re.ASCII)
    if found is None:
        return "another process"
    number, host = found.groups()
    return f"process {number}" + ("" if host == socket.gethostname() else f" on {host}")
