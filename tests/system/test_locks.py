"""One process at a time writes to a folder, and what a killed one left is removed."""

import contextlib
import errno
import fcntl
import os
from pathlib import Path
from typing import Any

import pytest

from bnnc.system.locks import LOCK, FolderInUseError, FolderLock, LockWarning
from bnnc.system.writing import (
    OutputError,
    locked,
    remove_leftovers,
    whole_folder,
    write_bytes,
    write_text,
)
from tests.system.test_writing import in_another_process, killed, names_in


def test_one_process_at_a_time_writes_to_a_folder(tmp_path: Path, filled: Any) -> None:
    folder = tmp_path / "run"
    filled(folder)
    holding = in_another_process(
        "import sys; from pathlib import Path; from bnnc.system.locks import FolderLock\n"
        "lock = FolderLock(Path(sys.argv[1])).acquire()",
        folder,
    )
    with pytest.raises(FolderInUseError, match=rf"run is in use: process {holding.pid} writes"):
        filled(folder)
    with pytest.raises(FolderInUseError), locked(folder):
        raise AssertionError("the block must not begin")
    assert (folder / LOCK).exists()
    killed(holding)
    assert (folder / LOCK).exists()  # a kill leaves the file, but not the lock
    assert filled(folder) == ["a", "manifest"]


def test_a_folder_that_appears_in_the_meantime_is_not_replaced(tmp_path: Path, filled: Any) -> None:
    with (
        pytest.raises(OutputError, match="was written by another process in the meantime"),
        whole_folder(tmp_path / "run"),
    ):
        filled(tmp_path / "run")
    assert (tmp_path / "run" / "a").read_text() == "new"
    assert names_in(tmp_path) == ["run"]


def test_a_folder_stays_locked_for_whoever_holds_it(tmp_path: Path, filled: Any) -> None:
    for name in ("new", "empty"):
        folder = tmp_path / name
        if name == "empty":
            folder.mkdir()
        with contextlib.ExitStack() as holding:
            with whole_folder(folder, holding=holding) as temporary:
                write_text(temporary / "manifest", "")
            with pytest.raises(FolderInUseError, match=f"process {os.getpid()} "):
                filled(folder)
        assert names_in(folder) == ["manifest"]


def test_a_lock_knows_that_its_folder_was_removed(tmp_path: Path) -> None:
    with FolderLock(tmp_path) as lock:
        assert lock.is_held()
        (tmp_path / LOCK).unlink()
        assert not lock.is_held()
        with FolderLock(tmp_path) as second:
            assert second.is_held()
            assert not lock.is_held()


def test_a_lock_does_not_follow_a_link(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("content")
    (tmp_path / LOCK).symlink_to("precious")
    with pytest.raises(OutputError, match="Too many levels of symbolic links"), locked(tmp_path):
        raise AssertionError("the block must not begin")
    assert (tmp_path / "precious").read_text() == "content"


def test_a_file_system_without_locks_is_written_to_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leftover = tmp_path / ".bnnc-01234567"
    leftover.mkdir()

    def unsupported(*_: Any) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with pytest.warns(LockWarning, match="has no locks: do not let two processes write"):
        write_text(tmp_path / "a", "whole")
    assert names_in(tmp_path) == [leftover.name, "a"]  # it may belong to a process that lives


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    others = [".bnnc-0123456", ".bnnc-0123456g", ".01234567.a", "bnnc-01234567"]
    for name in others:
        (tmp_path / name).mkdir()
    (tmp_path / ".bnnc-aaaaaaaa").write_text("a file")
    (tmp_path / ".bnnc-bbbbbbbb").symlink_to(others[0])
    code = (
        "import sys; from pathlib import Path; from bnnc.system.writing import whole_folder\n"
        "block = whole_folder(Path(sys.argv[1])); (block.__enter__() / 'half').write_text('')"
    )
    dead, alive = (in_another_process(code, tmp_path / name) for name in ("dead", "alive"))
    assert len(names_in(tmp_path)) == len(others) + 4
    killed(dead)
    remove_leftovers(tmp_path)
    assert len(names_in(tmp_path)) == len(others) + 3
    write_bytes(tmp_path / "file", b"")
    assert len(names_in(tmp_path)) == len(others) + 4
    killed(alive)
    write_bytes(tmp_path / "file", b"")
    assert names_in(tmp_path) == sorted([*others, ".bnnc-aaaaaaaa", ".bnnc-bbbbbbbb", "file"])


def test_a_folder_that_was_filled_by_half_is_filled_again(tmp_path: Path, filled: Any) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    code = (
        "import os, sys; from pathlib import Path; from bnnc.system.writing import whole_folder\n"
        "replace = os.replace\n"
        "def replace_first(source, target):\n"
        "    replace(source, target); print(flush=True); sys.stdin.read()\n"
        "with whole_folder(Path(sys.argv[1]), last='manifest', ours={'a'}) as temporary:\n"
        "    for name in ('a', 'manifest'): (temporary / name).write_text('half')\n"
        "    os.replace = replace_first"
    )
    killed(in_another_process(code, folder))
    assert "a" in names_in(folder)
    assert "manifest" not in names_in(folder)
    assert filled(folder) == ["a", "manifest"]
    (folder / "manifest").unlink()
    with pytest.raises(OutputError, match="a folder with other things in it"):
        filled(folder)  # no lock was left: it is somebody's own


def test_members_that_are_left_over_are_removed(tmp_path: Path) -> None:
    def fill(members: int) -> None:
        with whole_folder(
            tmp_path / "run", replaces="manifest", last="manifest", ours={"members"}
        ) as temporary:
            for number in range(members):
                (temporary / "members" / str(number)).mkdir(parents=True)
                write_text(temporary / "members" / str(number) / "manifest", "")
            write_text(temporary / "manifest", "")

    fill(3)
    (tmp_path / "run" / "members" / "notes").mkdir()
    fill(2)
    assert names_in(tmp_path / "run" / "members") == ["0", "1", "notes"]
    (tmp_path / "run" / "members" / "notes").rmdir()
    fill(0)
    assert names_in(tmp_path / "run") == ["manifest"]
