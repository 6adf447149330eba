"""Write files and folders whole or not at all.

What is written lies in a folder `.bnnc-xxxxxxxx` next to its place until it is whole, so names may
be as long as the file system has them. A killed process leaves that folder, without a lock; the
next one that writes there removes it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import stat
import tempfile
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path

from bnnc.errors import OutputError
from bnnc.printable import harmless
from bnnc.system.locks import LOCK, FolderInUseError, FolderLock
from bnnc.system.reading import read_beginning

_STAGING = re.compile(r"\.bnnc-[0-9a-f]{8}")


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path of the same name; it takes the place of `path` when the block ends.

    After an error in the block the old file is there, and nothing else. A symbolic link stays, and
    its target is replaced. An existing file keeps its permissions. A pipe or a device is written
    to, as it cannot be replaced.

    Raises: OutputError if the place cannot be written.
    """
    with _as_output_error(path):
        mode = _mode(path)
        if mode is not None and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            with tempfile.TemporaryDirectory() as elsewhere:
                temporary = Path(elsewhere) / (path.name or "file")
                yield temporary
                with temporary.open("rb") as source, path.open("wb") as target:
                    shutil.copyfileobj(source, target)
            return
        path = _followed(path)
        with contextlib.ExitStack() as stack:
            folder, _ = _stage(path.parent, stack)
            temporary = folder / path.name
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())  # else a power cut could leave the name without content
            _put(temporary, path)
            _sync_folder(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all. Raises: OutputError."""
    with whole_file(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    r"""Write a text file in UTF-8, whole or not at all. Raises: OutputError.

    The name of a file may have bytes that are not UTF-8, which Python has as lone surrogates; they
    are written as `\udcff`.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


@contextlib.contextmanager
def whole_folder(
    path: Path,
    *,
    replaces: str | None = None,
    last: str | None = None,
    ours: Collection[str] = (),
    holding: contextlib.ExitStack | None = None,
) -> Iterator[Path]:
    """A temporary folder; what is in it when the block ends takes its place at `path`.

    A folder that is not there yet appears whole. One that is there is filled: it may be a mount
    point, or a link may lead to it, and its permissions stay. It is locked meanwhile, and an error
    brings its old files back.

    Args:
        path: the folder to write.
        replaces: name of a file that shows that a folder already there is one of ours and may be
            replaced. Anything else that is there is left alone.
        last: name of the file that is put into a folder after all others.
        ours: names of what the new folder may lack, and what a killed process may have left.
        holding: the folder stays locked until this is closed; otherwise until the block ends.

    Raises: OutputError if something else is at `path`, another process writes to it, or the place
        cannot be written.
    """
    with _as_output_error(path), contextlib.ExitStack() as own:
        stack = own if holding is None else holding
        named, path = path, _followed(path)
        if path.is_dir():
            # A process that was killed left its lock, and files of ours without the last one.
            left = set(ours) - {last} if os.path.lexists(path / LOCK) else set()
            stack.enter_context(FolderLock(path))
            refuse_if_occupied(path, replaces=replaces, ours=left)
            staged, _ = _stage(path, own)
            new, old = staged / "new", staged / "old"
            new.mkdir()
            yield new
            _refuse_to_lose(path, new, ours)
            _fill(path, new, old, last)
            _remove_others(path, new, ours, last)
            _sync_folder(path)
            return
        refuse_if_occupied(named)
        path.parent.mkdir(parents=True, exist_ok=True)
        staged, lock = _stage(path.parent, own, stack)
        yield staged
        try:
            os.rename(staged, path)
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                FolderLock(path).acquire().release()  # says who writes to it, if someone does
                raise OutputError(
                    f"{path} was written by another process in the meantime; choose another name"
                ) from error
            raise
        lock.folder = path
        _sync_folder(path.parent)


@contextlib.contextmanager
def locked(*folders: Path) -> Iterator[None]:
    """Hold the locks of folders that are there, and remove what killed processes left in them.

    Raises: OutputError if another process holds one of the locks, or a folder cannot be written.
    """
    with contextlib.ExitStack() as stack:
        for folder in folders:
            with _as_output_error(folder):
                stack.enter_context(FolderLock(folder))
            remove_leftovers(folder)
        yield


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes left in a folder: folders of ours that nobody has locked."""
    try:
        with os.scandir(folder) as entries:
            left = [
                Path(one.path)
                for one in entries
                if _STAGING.fullmatch(one.name) and one.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return  # who writes there will say so
    for one in left:
        with contextlib.suppress(OSError, FolderInUseError), FolderLock(one) as lock:
            if lock.is_supported:
                shutil.rmtree(one, ignore_errors=True)


def refuse_to_replace(path: Path, mark: bytes, what: str) -> None:
    """Raise OutputError if there is a file at a path that does not begin with a mark of ours.

    Args:
        path: where a new file is to be written.
        mark: what the first 4,096 bytes of such a file hold.
        what: what such a file is, as in "a report".
    """
    if not path.exists():
        return
    try:
        is_ours = mark in read_beginning(path, 4096)
    except OSError as error:
        raise OutputError(f"{path} cannot be replaced: {error}") from error
    if not is_ours:
        raise OutputError(f"{path} exists and is not {what} of bnnc; choose another file")


def refuse_if_occupied(
    path: Path, *, replaces: str | None = None, ours: Collection[str] = ()
) -> None:
    """Raise OutputError if something is at `path` that is not ours to replace.

    Args:
        path: the folder to write.
        replaces: name of a file that makes a folder ours.
        ours: names that a folder may have without it.
    """
    with _as_output_error(path):
        if not os.path.lexists(path):
            return
        if path.is_symlink() and not path.exists():
            raise OutputError(
                f"{path} is a link to {os.readlink(path)}, which is not there; make that folder, "
                "or choose another name"
            )
        if not path.is_dir():
            raise OutputError(f"{path} exists and is not a folder; choose another name")
        if replaces is not None and (path / replaces).is_file():
            return
        if _names(path) - set(ours):
            raise OutputError(
                f"{path} exists and is a folder with other things in it; choose another name, or "
                "remove it"
            )


@contextlib.contextmanager
def _as_output_error(path: Path) -> Iterator[None]:
    """Turn what the system says of a path into an OutputError."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{_shortened(path)} cannot be written: {_reason(error)}") from error
    except UnicodeEncodeError as error:
        raise OutputError(
            f"{_shortened(path)} cannot be the name of a file in this locale: its encoding "
            f"is {error.encoding}. Set PYTHONUTF8=1, or a locale with UTF-8"
        ) from error


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__


def _shortened(path: Path, limit: int = 500) -> str:
    text = harmless(str(path))
    return text if len(text) <= limit else f"{text[: limit // 2]}...{text[-limit // 2 :]}"


def _mode(path: Path) -> int | None:
    """Type and permissions of what is at a path, links followed; None if nothing is."""
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "it has a null character")
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _followed(path: Path) -> Path:
    """The place that a path leads to over symbolic links. Raises: OSError for links in a circle."""
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "it has a null character")
    place = Path(os.path.realpath(path))
    if place.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return place


def _stage(
    parent: Path, stack: contextlib.ExitStack, holding: contextlib.ExitStack | None = None
) -> tuple[Path, FolderLock]:
    """A locked folder of ours, removed when `stack` closes, and its lock.

    Args:
        parent: where to make it; what killed processes left there is removed.
        stack: removes it.
        holding: releases the lock; `stack` if None.
    """
    remove_leftovers(parent)
    while True:
        folder = parent / f".bnnc-{uuid.uuid4().hex[:8]}"
        folder.mkdir()
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        lock = FolderLock(folder)
        try:
            lock.acquire()
        except (FolderInUseError, FileNotFoundError):
            continue  # another process removes leftovers, and took it for one
        (stack if holding is None else holding).callback(lock.release)
        return folder, lock


def _put(temporary: Path, path: Path) -> None:
    """Give a file its place, with the permissions of the file that was there."""
    mode = _mode(path)
    if mode is not None:
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        temporary.chmod(stat.S_IMODE(mode))
    try:
        os.replace(temporary, path)
    except OSError as error:
        # A file that is a mount point itself, as containers have them, cannot be replaced.
        if error.errno not in {errno.EBUSY, errno.EXDEV} or path.is_dir():
            raise
        shutil.copyfile(temporary, path)


def _files_in(folder: Path) -> list[Path]:
    """The files in a folder and below, as paths relative to it."""
    return sorted(
        Path(place, name).relative_to(folder)
        for place, _, names in os.walk(folder)
        for name in names
    )


def _fill(folder: Path, new: Path, old: Path, last: str | None) -> None:
    """Put every file of `new` into a folder; after an error the old ones are there again."""
    done: list[Path] = []
    try:
        for name in sorted(_files_in(new), key=lambda one: (str(one) == last, one)):
            place = _followed(folder / name)
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.exists():
                kept = old / name
                kept.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(place, kept)
                except OSError:
                    shutil.copy2(place, kept)
            done.append(name)
            _put(new / name, place)
    except BaseException:
        for name in reversed(done):
            place, kept = _followed(folder / name), old / name
            if kept.exists():
                os.replace(kept, place)
            else:
                place.unlink(missing_ok=True)
        raise


def _remove_others(folder: Path, new: Path, ours: Collection[str], last: str | None) -> None:
    """Remove the programs below a folder of ours that the new one, now empty, does not have."""
    for name in ours:
        inner = folder / name
        if last is None or inner.is_symlink() or not inner.is_dir():
            continue
        for one in inner.iterdir():
            if (one / last).is_file() and not (new / name / one.name).is_dir():
                shutil.rmtree(one, ignore_errors=True)
        if not any(inner.iterdir()):
            inner.rmdir()


def _names(folder: Path) -> set[str]:
    """Names in a folder, without those of temporary files."""
    return {
        one.name
        for one in folder.iterdir()
        if one.name != LOCK and not _STAGING.fullmatch(one.name)
    }


def _refuse_to_lose(path: Path, replacement: Path, ours: Collection[str]) -> None:
    """Raise OutputError if `path` holds something that its replacement has nothing in place of."""
    lost = sorted(_names(path) - _names(replacement) - set(ours))
    if lost:
        raise OutputError(
            f"{path} also holds {', '.join(lost)}, which would be lost; choose another name, or "
            "move it away"
        )


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


__all__ = [
    "FolderInUseError",
    "OutputError",
    "locked",
    "refuse_if_occupied",
    "remove_leftovers",
    "whole_file",
    "whole_folder",
    "write_bytes",
    "write_text",
]
