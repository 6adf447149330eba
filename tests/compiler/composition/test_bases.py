"""Files that a spec extends: what cannot be extended, how many they may be, and how they are read."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

import bnnc
from bnnc.compiler.composition.cache import Cache
from bnnc.compiler.pipeline import check_bytes
from bnnc.compiler.text.limits import MAX_BYTES, MAX_FILES
from tests.compiler.composition.conftest import BASE, Write, codes, files_opened, only_message


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("7", "a number"),
        ("true", "`true`"),
        ("null", "`null`"),
        ("''", "empty text"),
        ("[]", "an empty list"),
        ("{file: base.yaml}", "a mapping"),
        ("[base.yaml, 3]", "a number"),
        ("[[base.yaml]]", "a list"),
    ],
)
def test_a_value_that_names_no_file_is_told_so(write: Write, value: str, what: str) -> None:
    report = write(spec_yaml=f"extends: {value}\nname: a\n")
    message = only_message(report, "BNN019")
    assert message.endswith(f"must be a file name, and this is {what}")
    assert message.startswith("each item") == (value in ("[base.yaml, 3]", "[[base.yaml]]"))


def test_an_empty_value_is_told_by_the_reader_alone(write: Write) -> None:
    assert codes(write(spec_yaml="extends:\nname: a\n")) == ["BNN003"]
    assert codes(write(spec_yaml="extends:\n  -\nname: a\n")) == ["BNN003"]


def test_missing_files_are_told_at_once_each_with_names_like_it(write: Write) -> None:
    report = write(spec_yaml="extends: [bas.yaml, base, https://a.org/base.yaml, x/y.yaml]\n")
    assert codes(report) == ["BNN020"] * 4
    assert [one.span.text for one in report.diagnostics] == [
        "bas.yaml",
        "base",
        "https://a.org/base.yaml",
        "x/y.yaml",
    ]
    helps = [one.help[0] for one in report.diagnostics]
    assert helps[:2] == ["did you mean `base.yaml`?"] * 2
    assert "bnnc downloads nothing" in helps[2]
    assert "relative to the file" in helps[3]


def test_a_dict_needs_a_folder_to_extend_a_file(tmp_path: Path, write: Write) -> None:
    spec = {"extends": "base.yaml", "name": "a"}
    assert [one.code for one in bnnc.check(spec).diagnostics] == ["BNN024"]
    assert bnnc.check(spec, folder=tmp_path).ok
    assert bnnc.check(spec, folder=".", set={"training.epochs": 3}).accepted().training.epochs == 3
    with pytest.raises(TypeError, match="no folder for a spec in a file"):
        bnnc.check("base.yaml", folder=tmp_path)


def test_a_base_that_cannot_be_read_shows_where_it_is_extended(write: Write) -> None:
    report = write(broken_yaml="a: [1\n", spec_yaml="extends: broken.yaml\nname: a\n")
    assert codes(report) == ["BNN001"]
    found = report.diagnostics[0]
    assert found.span.source.name == "broken.yaml"
    assert [(one.span.source.name, one.text) for one in found.related][-1] == (
        "spec.yaml",
        "extended here",
    )
    assert codes(write(list_yaml="- a\n", spec_yaml="extends: list.yaml\n")) == ["BNN014"]
    assert codes(write(empty_yaml="#\n", spec_yaml="extends: empty.yaml\n")) == ["BNN013"]


def test_another_version_of_the_language_is_not_overridden(write: Write) -> None:
    report = write(
        old_yaml=BASE.replace("bnnc: 1", "bnnc: 7"), spec_yaml="extends: old.yaml\nbnnc: 1\n"
    )
    assert codes(report) == ["BNN101"]
    assert report.diagnostics[0].span.source.name == "old.yaml"


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_circle_is_one_finding_with_the_whole_chain(
    tmp_path: Path, write: Write, length: int
) -> None:
    names = [f"{index}.yaml" for index in range(length)]
    for index, name in enumerate(names):
        (tmp_path / name).write_text(f"extends: {names[(index + 1) % length]}\nname: a\n")
    reports = [check_bytes(name, Path(name).read_bytes()) for name in names]
    found = {one for report in reports for one in report.diagnostics}
    assert len(found) == 1  # by whichever file it is entered
    (one,) = found
    assert one.code == "BNN022"
    assert [one.span.source.name, *(label.span.source.name for label in one.related)] == names
    (tmp_path / "outside.yaml").write_text("extends: 0.yaml\n")
    assert set(check_bytes("outside.yaml", b"extends: 0.yaml\n").diagnostics) == found
    linked = tmp_path / "link.yaml"
    linked.symlink_to("0.yaml")
    assert codes(check_bytes("link.yaml", linked.read_bytes())) == ["BNN022"]


def test_a_file_reached_on_two_ways_is_no_circle_and_is_read_once(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = files_opened(monkeypatch)
    assert write(
        left_yaml="extends: base.yaml\n",
        right_yaml="extends: ./base.yaml\n",
        spec_yaml="extends: [left.yaml, right.yaml]\nname: a\n",
    ).ok
    assert opened == ["left.yaml", "base.yaml", "right.yaml"]


def test_five_hundred_specs_of_one_call_read_their_base_once(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = files_opened(monkeypatch)
    cache = Cache()
    for index in range(500):
        text = f"extends: base.yaml\nname: a{index}\n".encode()
        assert check_bytes(f"{index}.yaml", text, cache=cache).ok
    assert opened == ["base.yaml"]
    cache.forget()
    assert check_bytes("a.yaml", b"extends: base.yaml\nname: a\n", cache=cache).ok
    assert len(opened) == 2


@pytest.mark.parametrize("count", [MAX_FILES, MAX_FILES + 1, 1000])
def test_a_chain_may_have_so_many_files_and_no_more(
    tmp_path: Path, write: Write, count: int
) -> None:
    for index in range(1, count - 1):
        (tmp_path / f"{index}.yaml").write_text(f"extends: {index + 1}.yaml\n")
    (tmp_path / f"{count - 1}.yaml").write_text(BASE)
    report = check_bytes("0.yaml", b"extends: 1.yaml\nname: a\n")
    assert codes(report) == ([] if count <= MAX_FILES else ["BNN023"])


def test_a_list_may_have_so_many_files_and_no_more(tmp_path: Path, write: Write) -> None:
    for index in range(MAX_FILES):
        (tmp_path / f"{index}.yaml").write_text(BASE + f"name: a{index}\n")
    for count in (MAX_FILES - 1, MAX_FILES):
        names = ", ".join(f"{index}.yaml" for index in range(count))
        report = check_bytes("spec.yaml", f"extends: [{names}]\n".encode())
        assert codes(report) == ([] if count < MAX_FILES else ["BNN023"])


def test_a_tower_of_doubled_lists_ends_at_once(tmp_path: Path, write: Write) -> None:
    # Each file twice below the one above: two to the power of 99 ways down.
    for index in range(100):
        (tmp_path / f"{index}.yaml").write_text(f"extends: [{index + 1}.yaml, {index + 1}.yaml]\n")
    (tmp_path / "100.yaml").write_text(BASE)
    assert codes(check_bytes("0.yaml", Path("0.yaml").read_bytes())) == ["BNN023"]
    assert codes(check_bytes("50.yaml", Path("50.yaml").read_bytes())) == ["BNN103"]


def test_bytes_and_nodes_are_limited_over_all_files(tmp_path: Path, write: Write) -> None:
    comment = "# " + "x" * (MAX_BYTES // 2) + "\n"
    texts = {"first.yaml": comment, "second.yaml": comment}
    for name, text in texts.items():
        (tmp_path / name).write_text(text + BASE)
    report = write(spec_yaml="extends: [first.yaml, second.yaml]\nname: a\n")
    assert "1,048,576 bytes" in only_message(report, "BNN023")
    many = "x-many: [" + "1, " * 26_000 + "1]\n"
    report = write(a_yaml=many, b_yaml=many, spec_yaml="extends: [a.yaml, b.yaml]\nname: a\n")
    assert "50,000 keys and values" in only_message(report, "BNN023")
    (tmp_path / "large.yaml").write_text("#" * (2 << 20))
    assert codes(write(spec_yaml="extends: large.yaml\n")) == ["BNN006"]


def test_what_is_no_ordinary_file_is_not_waited_for(tmp_path: Path, write: Write) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "loop.yaml").symlink_to("pool.yaml")
    (tmp_path / "pool.yaml").symlink_to("loop.yaml")
    (tmp_path / "nowhere.yaml").symlink_to("gone.yaml")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind("socket.yaml")
    long = "a" * 300
    reasons = {
        "pipe.yaml": "is a pipe, not a file",
        "/dev/zero": "is a device, not a file",
        "folder.yaml": "is a folder, not a file",
        "loop.yaml": "cannot be read: too many levels of symbolic links",
        "socket.yaml": "is a socket, not a file",
        f"{long}.yaml": "cannot be read: file name too long",
        '"a\\0b.yaml"': "cannot be read: embedded null byte",
    }
    for name, reason in reasons.items():
        report = write(spec_yaml=f"extends: {name}\nname: a\n")
        assert reason in only_message(report, "BNN021")
    assert codes(write(spec_yaml="extends: nowhere.yaml\nname: a\n")) == ["BNN020"]
    listening.close()


def test_a_file_that_may_not_be_read_is_told_so(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, flags: int) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    # Who runs the tests may be allowed everything: the system's answer is given in its place.
    monkeypatch.setattr(os, "open", refuse)
    message = only_message(write(spec_yaml="extends: base.yaml\nname: a\n"), "BNN021")
    assert message == "`base.yaml` cannot be read: permission denied"
