"""Files and folders that are written whole or not at all."""

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from bnnc.runtime.files import OutputError, refuse_if_occupied, whole_file, whole_folder, write_text


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


def test_a_folder_comes_back_if_its_replacement_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "ours"
    folder.mkdir()
    write_text(folder / "manifest", "old")
    rename, calls = os.rename, 0

    def failing(source: Any, target: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)
    with (
        pytest.raises(OutputError, match="Input/output error"),
        whole_folder(folder, replaces="manifest") as temporary,
    ):
        write_text(temporary / "manifest", "new")
    assert (folder / "manifest").read_text(encoding="utf-8") == "old"
    assert names_in(tmp_path) == ["ours"]


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
