"""Files and folders that are written whole or not at all."""

import contextlib
import os
import re
import shutil
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path

from bnnc.system.printable import PrintableError


class OutputError(PrintableError):
    """A place that results cannot be written to; the message says why, and the way out."""


_TEMPORARY = re.compile(r"\.[0-9a-f]{8}\..+")


def _temporary(path: Path) -> Path:
    """A name beside `path` that nothing else has; its suffixes stay."""
    return path.with_name(f".{uuid.uuid4().hex[:8]}.{path.name}")


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; it takes its place when the block ends without an error.

    The suffixes stay, because Keras tells formats by them.
    """
    path = path.absolute()  # `.` has no name to put another one beside
    temporary = _temporary(path)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())  # else a power cut could leave the name without the content
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextlib.contextmanager
def whole_folder(
    path: Path, *, replaces: str | None = None, ours: Collection[str] = ()
) -> Iterator[Path]:
    """A temporary folder beside `path`; it takes its place when the block ends without an error.

    Args:
        path: where the folder is to stand.
        replaces: name of a file that shows that a folder already there is one of ours and may be
            replaced. Anything else that stands there is left alone.
        ours: names of what may be gone in the new folder.

    Raises: OutputError if something else stands at `path`, or the place cannot be written.
    """
    path = path.absolute()  # `.` has no name to put another one beside
    refuse_if_occupied(path, replaces=replaces)
    temporary = _temporary(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.mkdir()
        yield temporary
        if path.exists():
            _refuse_to_lose(path, temporary, ours)
            # Two renames: for a moment there is no folder, never half of one.
            old = _temporary(path)
            os.rename(path, old)
            try:
                os.rename(temporary, path)
            except OSError:
                os.rename(old, path)
                raise
            shutil.rmtree(old)
        else:
            os.rename(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files that a killed process left in a folder of ours."""
    for leftover in folder.glob(".????????.*"):
        if _TEMPORARY.fullmatch(leftover.name) and leftover.is_file():
            leftover.unlink(missing_ok=True)


def refuse_if_occupied(path: Path, *, replaces: str | None = None) -> None:
    """Raise OutputError if something stands at `path` that is not ours to replace."""
    if not path.exists() and not path.is_symlink():
        return
    if path.is_dir() and replaces is not None and (path / replaces).is_file():
        return
    if path.is_dir() and not any(path.iterdir()):
        return
    kind = "a folder with other things in it" if path.is_dir() else "not a folder"
    raise OutputError(f"{path} exists and is {kind}; choose another name, or remove it")


def _refuse_to_lose(path: Path, replacement: Path, ours: Collection[str]) -> None:
    """Raise OutputError if `path` holds something that its replacement has nothing in place of."""
    there, then = ({one.name for one in folder.iterdir()} for folder in (path, replacement))
    lost = sorted(there - then - set(ours))
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
