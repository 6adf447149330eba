"""Whatever a folder holds, `bnnc check` comes back: pipes, sockets, devices, circles of links."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import bnnc
from bnnc.cli.app import run
from bnnc.compiler.text.limits import MAX_BYTES
from bnnc.errors import SpecFileError
from bnnc.system import reading

GALLERY = Path(__file__).parents[2] / "specs" / "gallery"
GOOD = (GALLERY / "digits-flipout.yaml").read_text(encoding="utf-8")


def bytes_read() -> int:
    """Count the bytes that this process has read so far; 0 where the system does not say."""
    counters = Path("/proc/self/io")
    return int(counters.read_text().split()[1]) if counters.exists() else 0


def check_command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`bnnc check` as a process, ended after a time that only waiting for ever takes."""
    code = "import sys; from bnnc.cli.app import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "check", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one spec among what would make a reader wait, or go round, for ever."""
    specs = tmp_path / "specs"
    (specs / "deep").mkdir(parents=True)
    (specs / "good.yaml").write_text(GOOD)
    (specs / "deep" / "good.yaml").write_text(GOOD)
    os.mkfifo(specs / "pipe.yaml")
    (specs / "zero.yaml").symlink_to("/dev/zero")
    (specs / "loop.yaml").symlink_to("loop.yaml")
    # Two ways back to one folder make 2**40 paths before the system stops one.
    (specs / "again").symlink_to(".")
    (specs / "once-more").symlink_to(".")
    (specs / "deep" / "up").symlink_to("..")
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(specs)  # the address of a socket may have some hundred characters at most
        try:
            one.bind("socket.yaml")
        finally:
            os.chdir(here)
    return tmp_path


@pytest.mark.parametrize("argument", ["specs", ".", "specs/**/good.yaml", "**/*.yaml", "**"])
def test_pipes_devices_sockets_and_circles_of_links_are_gone_round(
    folder: Path, argument: str
) -> None:
    if "*" in argument and argument != "specs/**/good.yaml":
        (folder / "specs" / "loop.yaml").unlink()
    ended = check_command(folder, "--specs-only", "--output-format", "json", argument)
    assert ended.returncode == 0, ended.stderr
    files = [os.path.normpath(one["file"]) for one in json.loads(ended.stdout)["files"]]
    assert sorted(files) == ["specs/deep/good.yaml", "specs/good.yaml"]


def test_a_pattern_passes_over_what_nobody_can_read_to_its_end(folder: Path) -> None:
    (folder / "specs" / "loop.yaml").unlink()
    ended = check_command(folder, "specs/*.yaml")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "1 spec checked, no findings\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("specs/loop.yaml", "cannot be read: Too many levels of symbolic links"),
        ("specs/socket.yaml", "socket.yaml is a socket; expected a spec file"),
        ("specs/zero.yaml", "zero.yaml is a device; expected a spec file"),
    ],
)
def test_what_is_named_and_cannot_be_read_is_wrong_use(
    folder: Path, name: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", str(folder / name)]) == 2
    assert message in capsys.readouterr().err


def test_a_pipe_that_is_named_is_read(folder: Path) -> None:
    # As a shell's `<(command)` hands one over.
    pipe = folder / "specs" / "pipe.yaml"
    writer = subprocess.Popen(["cp", str(folder / "specs" / "good.yaml"), str(pipe)])
    ended = check_command(folder, "specs/pipe.yaml")
    assert writer.wait(timeout=60) == 0
    assert ended.stdout == "1 spec checked, no findings\n"


def test_of_a_file_of_a_tebibyte_no_more_is_read_than_a_spec_may_be_long(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    large = folder / "large.yaml"
    large.touch()
    os.truncate(large, 2**40)  # sparse: it takes no room
    before = bytes_read()
    assert run(["check", str(large)]) == 1
    # The check reads the table of its rules too, in some hundred kilobytes.
    assert bytes_read() - before < 10 * MAX_BYTES
    shown = capsys.readouterr().out
    assert "BNN006" in shown
    assert len(shown) < 2000


def test_a_pipe_that_nobody_writes_into_is_not_waited_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reading, "WRITER_SECONDS", 0.01)
    pipe = folder / "specs" / "pipe.yaml"
    assert run(["check", str(pipe)]) == 2
    assert "it is a pipe that nothing was written into for 0.01 s" in capsys.readouterr().err
    with pytest.raises(SpecFileError, match="a pipe that nothing was written into"):
        bnnc.check(pipe)


def test_python_reads_no_device_and_no_more_of_a_file_than_a_spec_may_be_long(
    folder: Path,
) -> None:
    with pytest.raises(SpecFileError, match=r"/dev/zero is a device\. Expected a spec file"):
        bnnc.check("/dev/zero")
    with pytest.raises(SpecFileError, match="is a socket"):
        bnnc.check(folder / "specs" / "socket.yaml")
    large = folder / "large.yaml"
    large.touch()
    os.truncate(large, 2**40)
    assert [one.code for one in bnnc.check(large).diagnostics] == ["BNN006"]
