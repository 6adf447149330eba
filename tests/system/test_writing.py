"""Files and folders that are written whole or not at all."""

import contextlib
import errno
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from bnnc.system.writing import (
    OutputError,
    refuse_if_occupied,
    whole_file,
    whole_folder,
    write_text,
)


def names_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_a_file_is_there_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.keras"
    with whole_file(path) as temporary:
        temporary.write_text("whole", encoding="utf-8")
        assert temporary.suffix == ".keras"  # which Keras tells formats by
        assert not path.exists()
    assert path.read_text(encoding="utf-8") == "whole"
    assert names_in(tmp_path) == ["a.keras"]


def write_texts(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        write_text(folder / name, text)


def _fail_in(block: AbstractContextManager[Path], error: type[BaseException]) -> None:
    """Write half of it, then fail."""
    with block as temporary:
        half = temporary / "a" if temporary.is_dir() else temporary
        half.write_text("half", encoding="utf-8")
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_block_that_fails_leaves_the_old_file(error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(error):
        _fail_in(whole_file(path), error)
    assert path.read_text(encoding="utf-8") == "old"
    assert names_in(tmp_path) == ["a.txt"]


def test_a_place_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"missing/a\.txt cannot be written: No such file"):
        write_text(tmp_path / "missing" / "a.txt", "text")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with (
        pytest.raises(OutputError, match="cannot be written: (Not a directory|File exists)"),
        whole_folder(tmp_path / "file" / "folder"),
    ):
        raise AssertionError("the block must not begin")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_folder_is_whole_or_not_there(error: type[BaseException], tmp_path: Path) -> None:
    with pytest.raises(error):
        _fail_in(whole_folder(tmp_path / "new"), error)
    assert names_in(tmp_path) == []
    with whole_folder(tmp_path / "new") as temporary:
        write_text(temporary / "a", "whole")
        assert not (tmp_path / "new").exists()
    assert names_in(tmp_path) == ["new"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    with whole_folder(tmp_path / "new") as temporary:
        write_text(temporary / "a", "whole")
    assert names_in(tmp_path / "new") == ["a"]


def test_a_folder_comes_back_if_a_file_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "ours"
    folder.mkdir()
    for name in ("a", "manifest"):
        write_text(folder / name, f"old {name}")
    inode = folder.stat().st_ino
    replace = os.replace

    def failing(source: Any, target: Any) -> None:
        if Path(target) == folder / "manifest" and "new" in Path(source).parts:
            raise OSError(5, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with (
        pytest.raises(OutputError, match="Input/output error"),
        whole_folder(folder, replaces="manifest", last="manifest", ours={"b"}) as temporary,
    ):
        write_texts(temporary, a="new a", b="new b", manifest="new manifest")
    assert {one.name: one.read_text() for one in folder.iterdir()} == {
        "a": "old a",
        "manifest": "old manifest",
    }
    assert names_in(tmp_path) == ["ours"]
    assert folder.stat().st_ino == inode


def test_only_what_is_ours_is_replaced(tmp_path: Path) -> None:
    refuse_if_occupied(tmp_path / "nothing")
    (tmp_path / "theirs").mkdir()
    refuse_if_occupied(tmp_path / "theirs")
    write_text(tmp_path / "theirs" / "notes", "")
    with pytest.raises(OutputError, match="a folder with other things in it"):
        refuse_if_occupied(tmp_path / "theirs", replaces="manifest")
    write_text(tmp_path / "theirs" / "manifest", "")
    refuse_if_occupied(tmp_path / "theirs", replaces="manifest")
    with pytest.raises(OutputError, match="a folder with other things in it"):
        refuse_if_occupied(tmp_path / "theirs")
    with (
        pytest.raises(OutputError, match="also holds notes, which would be lost"),
        whole_folder(tmp_path / "theirs", replaces="manifest") as temporary,
    ):
        write_text(temporary / "manifest", "new")
    assert names_in(tmp_path / "theirs") == ["manifest", "notes"]


def in_another_process(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A process that runs code and says a line when it is ready; it ends with its input."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            code + "\nprint(flush=True)\nsys.stdin.read()",
            *map(str, arguments),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def killed(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_link_to_a_folder_stays_and_its_folder_is_filled(tmp_path: Path, filled: Any) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk")
    for _ in range(2):  # empty, and then ours
        assert filled(tmp_path / "link") == ["a", "manifest"]
        assert names_in(tmp_path) == ["disk", "link"]
        assert os.readlink(tmp_path / "link") == "disk"


def test_an_existing_folder_keeps_its_mode_and_its_inode(tmp_path: Path, filled: Any) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o2770)
    before = folder.stat()
    for _ in range(2):
        filled(folder)
        assert (folder.stat().st_mode, folder.stat().st_ino) == (before.st_mode, before.st_ino)


def test_a_new_folder_and_a_new_file_have_the_mode_of_the_umask(
    tmp_path: Path, filled: Any
) -> None:
    mask = os.umask(0o027)
    try:
        filled(tmp_path / "new")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / "new" / "a").stat().st_mode) == 0o640


@contextlib.contextmanager
def mounted(source: Path, target: Path) -> Iterator[None]:
    done = subprocess.run(["mount", "--bind", source, target], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this user cannot mount")
    try:
        yield
    finally:
        subprocess.run(["umount", target], check=True)


def test_a_mount_point_is_filled(tmp_path: Path, filled: Any) -> None:
    for name in ("source", "target"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").write_text("old")
    (tmp_path / "mounted").write_text("")
    with mounted(tmp_path / "source", tmp_path / "target"):
        for _ in range(2):
            assert filled(tmp_path / "target") == ["a", "manifest"]
    assert names_in(tmp_path / "source") == ["a", "manifest"]
    with mounted(tmp_path / "file", tmp_path / "mounted"):
        write_text(tmp_path / "mounted", "new")
    assert (tmp_path / "file").read_text() == "new"


def test_a_file_that_is_busy_as_a_mount_point_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(source: Any, target: Any) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    write_text(tmp_path / "a", "old")
    inode = (tmp_path / "a").stat().st_ino
    monkeypatch.setattr(os, "replace", busy)
    write_text(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "new"
    assert (tmp_path / "a").stat().st_ino == inode


def test_the_longest_names_can_be_written(tmp_path: Path, filled: Any) -> None:
    longest = "n" * os.pathconf(tmp_path, "PC_NAME_MAX")
    assert filled(tmp_path / longest) == ["a", "manifest"]
    write_text(tmp_path / longest / longest, "whole")
    assert filled(tmp_path / "ü" / ("ö" * (len(longest) // 2))) == ["a", "manifest"]
    with pytest.raises(OutputError, match="cannot be written: File name too long"):
        filled(tmp_path / (longest + "n"))
    with pytest.raises(OutputError, match="cannot be written: File name too long"):
        write_text(tmp_path / ("a/" * 5000), "")


def test_a_file_keeps_its_mode_and_a_link_to_it_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "file").chmod(0o640)
    (tmp_path / "link").symlink_to("file")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640
    (tmp_path / "dangling").symlink_to("other")
    write_text(tmp_path / "dangling", "new")  # as `>` of a shell
    assert (tmp_path / "other").read_text() == "new"
    assert names_in(tmp_path) == ["dangling", "file", "link", "other"]


def test_pipes_and_devices_are_written_to_and_not_replaced(tmp_path: Path) -> None:
    write_text(Path("/dev/null"), "nothing")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    write_text(tmp_path / "pipe", "through a pipe")
    reader.join()
    assert read == ["through a pipe"]
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("name", ["circle", "a\0b", "\ud800", "", "folder", "missing/a", "file/a"])
def test_a_name_that_cannot_be_written_is_an_output_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filled: Any
) -> None:
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "theirs").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    before = names_in(tmp_path)
    with pytest.raises(OutputError):
        write_text(Path(name), "")
    if name != "missing/a":  # folders above a new folder are made
        with pytest.raises(OutputError):
            filled(Path(name))
    assert names_in(tmp_path) == before


def test_a_link_to_nowhere_is_named_with_its_target(tmp_path: Path, filled: Any) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(OutputError, match="is a link to nowhere, which is not there"):
        refuse_if_occupied(tmp_path / "link")


def test_a_file_without_write_permission_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_text(tmp_path / "a", "old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everything
    with pytest.raises(OutputError, match="cannot be written: Permission denied"):
        write_text(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "old"


def test_text_of_a_name_that_is_not_utf_8_is_escaped(tmp_path: Path) -> None:
    write_text(tmp_path / "a", os.fsdecode(b"\xff.png"))
    assert (tmp_path / "a").read_text(encoding="utf-8") == "\\udcff.png"
