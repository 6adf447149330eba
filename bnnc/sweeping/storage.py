"""Optuna's storage as the state that the processes of a sweep share.

By default it is Optuna's journal in the folder of the sweep. Any URL of SQLAlchemy is a database
instead.
"""

from __future__ import annotations

import fcntl
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bnnc.errors import MissingExtraError, SweepError
from bnnc.printable import harmless
from bnnc.system.locks import FolderInUseError, FolderLock

if TYPE_CHECKING:
    import optuna
    from optuna.storages import BaseStorage

JOURNAL: Final = "journal.log"
_HEARTBEAT_SECONDS: Final = 20
_GRACE_SECONDS: Final = 60


def require_optuna() -> Any:
    """Import Optuna, without its messages. Raises: MissingExtraError."""
    try:
        import optuna
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "optuna":
            raise
        raise MissingExtraError("Optuna", "sweep", "A sweep") from None
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    return optuna


@contextmanager
def without_experimental_warnings() -> Iterator[None]:
    """Ignore Optuna's warnings that a part of it is experimental, or is to be renamed."""
    from optuna.exceptions import ExperimentalWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        warnings.filterwarnings("ignore", category=FutureWarning, module="optuna")
        yield


def open_storage(folder: Path, url: str | None) -> BaseStorage:
    """The storage of a sweep. Raises: SweepError if it cannot be opened or read."""
    require_optuna()
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    if url is not None:
        return _database(url)
    path = folder / JOURNAL
    try:
        return JournalStorage(JournalFileBackend(str(path), lock_obj=_lock(path)))
    except (OSError, ValueError, KeyError) as error:
        raise SweepError(f"the journal of {folder} cannot be read: {error}") from error


def retry(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
    """Let a trial that did not end be tried again, at the same point."""
    optuna = require_optuna()
    with without_experimental_warnings():
        optuna.storages.RetryHeartbeatStaleTrialCallback()(study, trial)


def times_tried(trial: Any) -> int:
    """How often a trial was tried before."""
    return len(trial.system_attrs.get("retry_history", ()))


def first_number(trial: Any) -> int:
    """The number of a trial, or of the one that it tries again."""
    return int(trial.system_attrs.get("failed_trial", trial.number))


def _database(url: str) -> BaseStorage:
    from optuna.storages import RDBStorage

    try:
        with without_experimental_warnings():
            return RDBStorage(
                url,
                heartbeat_interval=_HEARTBEAT_SECONDS,
                grace_period=_GRACE_SECONDS,
                heartbeat_stale_trial_callback=retry,
                # Several processes write to one file of SQLite, one after the other.
                engine_kwargs={"connect_args": {"timeout": 60}} if url[:6] == "sqlite" else None,
            )
    except ModuleNotFoundError as error:
        raise SweepError(
            f"the storage {masked(url)} needs {error.name}, which is not installed"
        ) from error
    except Exception as error:  # whatever a database driver raises
        first = str(error).partition("\n")[0]
        raise SweepError(
            f"the storage {masked(url)} cannot be opened: {harmless(first)}. Expected a URL of "
            "SQLAlchemy, as in `sqlite:///sweep.db` or `postgresql://user@host/database`"
        ) from error


def masked(url: str) -> str:
    """A URL without its password."""
    scheme, separator, rest = url.partition("://")
    account, at, place = rest.rpartition("@")
    user = account.partition(":")[0]
    return harmless(f"{scheme}{separator}{user}{at}{place}" if separator else url)


def _lock(path: Path) -> Any:
    """Optuna's own lock of the journal, or one that the kernel releases where a process is killed.

    Optuna's lock is a file: the others wait half a minute for a process that was killed with it.
    Both mend the journal first: a killed process may have written a part of a line.
    """
    symlink = require_optuna().storages.journal.JournalFileSymlinkLock
    own = _KernelLock(path)
    return _MendingLock(path, own if own.is_supported() else symlink(str(path)))


class _KernelLock:
    """An exclusive `flock` on a file beside the journal."""

    def __init__(self, path: Path) -> None:
        self._path = f"{path}.lock-file"
        self._descriptor = -1

    def is_supported(self) -> bool:
        """Whether the file system has such locks."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            return isinstance(error, BlockingIOError)
        finally:
            os.close(descriptor)
        return True

    def acquire(self) -> bool:
        """Wait for the lock."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        return True

    def release(self) -> None:
        """Give the lock to the next process."""
        os.close(self._descriptor)


class _MendingLock:
    """A lock of the journal; whoever has it removes the part of a line at the journal's end."""

    def __init__(self, path: Path, lock: Any) -> None:
        self._path = path
        self._lock = lock

    def acquire(self) -> bool:
        """Wait for the lock, and mend the journal."""
        self._lock.acquire()
        mend(self._path)
        return True

    def release(self) -> None:
        """Give the lock to the next process."""
        self._lock.release()


def mend(path: Path) -> None:
    """Cut off a line without an end, which a killed process left at the end of a journal."""
    with path.open("rb+") as file:
        end = file.seek(0, os.SEEK_END)
        if not end:
            return
        file.seek(end - 1)
        if file.read(1) == b"\n":
            return
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Hold the sweep's lock: one process at a time looks at the trials and takes the next one."""
    lock = FolderLock(folder)
    wait = 0.01
    while True:
        try:
            lock.acquire()
            break
        except FolderInUseError:
            time.sleep(wait)
            wait = min(2 * wait, 0.2)
    try:
        yield
    finally:
        lock.release()
