"""Only regular files are opened, nothing waits, and no more is read than a limit."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from bnnc.system import reading
from bnnc.system.reading import (
    FileTooLargeError,
    NotAFileError,
    open_file,
    read_beginning,
    read_file,
    read_text,
)


def test_a_regular_file_and_a_link_to_one_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    for name in ("file", "link"):
        assert read_file(tmp_path / name) == b"content"
        assert read_text(str(tmp_path / name)) == "content"
        assert read_beginning(tmp_path / name, 4) == b"cont"
        with open_file(tmp_path / name) as file:
            assert file.name == str(tmp_path / name) or file.name == tmp_path / name
            assert not os.get_inheritable(file.fileno())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("folder", "a folder"),
        ("pipe", "a pipe"),
        ("socket", "a socket"),
        ("/dev/zero", "a device"),
        ("link", "a device"),
    ],
)
def test_what_is_no_regular_file_is_named_and_never_opened(
    tmp_path: Path, name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # the address of a socket may have some hundred characters at most
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
    opened: list[str] = []
    monkeypatch.setattr(os, "open", lambda path, *more: opened.append(path))
    for read in (open_file, read_file, read_text, lambda path: read_beginning(path, 1)):
        with pytest.raises(NotAFileError, match=f"it is {kind}; expected a regular file") as error:
            read(tmp_path / name)
        assert error.value.kind == kind
        assert error.value.filename == str(tmp_path / name)
    assert not opened


def test_what_replaces_a_file_before_it_is_opened_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    before = os.stat(tmp_path / "file")
    monkeypatch.setattr(os, "stat", lambda path: before)
    descriptors = len(os.listdir("/dev/fd"))
    with pytest.raises(NotAFileError, match="a pipe"):
        open_file(tmp_path / "pipe")
    assert len(os.listdir("/dev/fd")) == descriptors


def test_a_file_beyond_the_limit_is_refused_without_being_read(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.touch()
    os.truncate(large, 2**40)  # sparse: it takes no room
    with pytest.raises(FileTooLargeError, match="at most 10 bytes; received 1,099,511,627,776"):
        read_file(large, limit=10)
    with pytest.raises(FileTooLargeError):
        open_file(large, limit=10)
    assert read_beginning(large, 10) == bytes(10)


def test_a_file_that_grows_while_it_is_read_stays_within_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = tmp_path / "growing"
    growing.write_bytes(b"1234567890")
    stat_as_it_was = os.stat(growing)
    growing.write_bytes(b"12345678901")
    monkeypatch.setattr(os, "fstat", lambda descriptor: stat_as_it_was)
    with pytest.raises(FileTooLargeError, match="at most 10 bytes; received more"):
        read_file(growing, limit=10)


def test_a_pipe_is_read_where_it_is_allowed_until_its_writer_closes_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # More than a pipe holds at once, so that the writer has to wait for the reader.
    writer = threading.Thread(target=pipe.write_bytes, args=(b"ab" * 100_000,))
    writer.start()
    assert read_beginning(pipe, 10**6, pipes=True) == b"ab" * 100_000
    writer.join()


def test_of_an_endless_pipe_no_more_is_read_than_is_asked_for() -> None:
    reader, writer = os.pipe()
    os.write(writer, bytes(1000))
    # The writer stays open: waiting for its end would never end.
    assert read_beginning(f"/dev/fd/{reader}", 1000, pipes=True) == bytes(1000)
    os.close(reader)
    os.close(writer)


def test_a_pipe_without_a_writer_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WRITER_SECONDS", 0.01)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TimeoutError, match="a pipe that nothing was written into"):
        read_beginning(tmp_path / "pipe", 10, pipes=True)


def test_a_pipe_whose_writer_goes_without_a_word_is_empty(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"",))
    writer.start()
    assert read_beginning(tmp_path / "pipe", 10, pipes=True) == b""
    writer.join()
