"""`extends`: what counts over what, relative to what, and what cannot be extended."""

from __future__ import annotations

import errno
import json
import os
import socket
from pathlib import Path

import pytest

import bnnc
from bnnc.compiler.composition.cache import Cache
from bnnc.compiler.diagnostics.render import render
from bnnc.compiler.pipeline import Report, check, check_bytes
from bnnc.compiler.text.limits import MAX_BYTES, MAX_FILES
from bnnc.compiler.text.source import Source
from bnnc.compiler.text.tree import to_json
from tests.compiler.composition.conftest import BASE, Write


def codes(report: Report) -> list[str]:
    return [one.code for one in report.diagnostics]


def files_opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files that are opened from now on."""
    opened: list[str] = []
    open_file = os.open

    def note(path: str, flags: int) -> int:
        opened.append(path)
        return open_file(path, flags)

    monkeypatch.setattr(os, "open", note)
    return opened


def only_message(report: Report, code: str) -> str:
    assert codes(report) == [code]
    return report.diagnostics[0].message


def test_what_the_file_says_counts_over_what_it_extends(write: Write) -> None:
    spec = write(
        spec_yaml="extends: base.yaml\nname: wide\ntraining: {batch_size: 512, seed: 3}\n"
    ).accepted()
    assert (spec.name, spec.training.batch_size, spec.training.seed) == ("wide", 512, 3)
    assert spec.training.optimizer.model_dump()["beta_1"] == 0.5
    assert spec.input.shape == (28, 28, 1)


def test_the_fingerprint_is_that_of_the_spec_written_as_one(write: Write) -> None:
    whole = write(whole_yaml=BASE + "  epochs: 3\nname: one\n").accepted()
    parts = write(parts_yaml="extends: base.yaml\nname: one\ntraining: {epochs: 3}\n").accepted()
    assert parts == whole
    assert parts.fingerprint() == whole.fingerprint()


def test_later_files_of_a_list_count_over_earlier_ones(write: Write) -> None:
    first = "training: {epochs: 1, seed: 1}\n"
    second = "training: {epochs: 2, batch_size: 2}\n"
    spec = write(
        first_yaml=first,
        second_yaml=second,
        spec_yaml="extends: [base.yaml, first.yaml, second.yaml]\nname: a\n",
    ).accepted()
    training = spec.training
    assert (training.epochs, training.seed, training.batch_size) == (2, 1, 2)


def test_a_chain_says_the_same_as_a_list(write: Write) -> None:
    middle = "training: {epochs: 7, optimizer: {beta_1: null}}\nname: b\n"
    end = "training: {seed: 5}\nname: c\n"
    chain = write(
        middle_yaml=f"extends: base.yaml\n{middle}", c_yaml=f"extends: middle.yaml\n{end}"
    )
    listed = write(only_yaml=middle, d_yaml=f"extends: [base.yaml, only.yaml]\n{end}")
    assert chain.accepted() == listed.accepted()
    assert chain.accepted().training.optimizer.model_dump()["beta_1"] == 0.9


def test_names_are_relative_to_the_file_that_says_them(tmp_path: Path, write: Write) -> None:
    (tmp_path / "shared" / "deep").mkdir(parents=True)
    (tmp_path / "shared" / "deep" / "net.yaml").write_text(BASE)
    (tmp_path / "shared" / "all.yaml").write_text("extends: deep/net.yaml\ntraining: {seed: x}\n")
    (tmp_path / "work").mkdir()
    spec = tmp_path / "work" / "spec.yaml"
    spec.write_text("extends: ../shared/all.yaml\nname: a\n")
    for name in ("work/spec.yaml", "./work/../work/spec.yaml", str(spec)):
        report = check_bytes(name, spec.read_bytes())
        assert codes(report) == ["BNN105"]
        shown = report.diagnostics[0].span.source.name
        assert Path(shown).samefile(tmp_path / "shared" / "all.yaml")
        assert ".." not in shown
        assert os.path.isabs(shown) == os.path.isabs(name)


def test_a_step_back_behind_a_link_is_where_the_system_has_it(tmp_path: Path, write: Write) -> None:
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "far" / "net.yaml").write_text(BASE)
    (tmp_path / "link").symlink_to("far/away")
    assert write(spec_yaml="extends: link/../net.yaml\nname: a\n").ok


def test_json_and_yaml_extend_each_other(write: Write) -> None:
    text = json.dumps({"extends": "base.yaml", "name": "a", "training": {"seed": 2}}, indent=2)
    assert write(more_json=text).ok
    assert write(spec_yaml="extends: ./more.json\nname: b\n").accepted().training.seed == 2


def test_null_removes_what_is_extended_and_is_a_value_elsewhere(write: Write) -> None:
    over = "extends: base.yaml\nname: a\ntraining:\n  optimizer: {type: sgd, beta_1: null}\n"
    assert write(spec_yaml=over).accepted().training.optimizer.type == "sgd"
    # A key that is not there is not removed without a word.
    report = write(spec_yaml=over.replace("beta_1", "beta1"))
    assert sorted(codes(report)) == ["BNN102", "BNN102"]
    assert write(spec_yaml="extends: base.yaml\nname: a\ndata: null\n").ok


def test_a_key_beside_another_type_says_how_to_remove_it(write: Write) -> None:
    report = write(spec_yaml="extends: base.yaml\nname: a\ntraining: {optimizer: {type: sgd}}\n")
    assert render(report.diagnostics) == (
        "error[BNN102]: unknown key `beta_1` in `optimizer`\n"
        " --> base.yaml:8:27\n"
        "  |\n"
        "8 |   optimizer: {type: adam, beta_1: 0.5}\n"
        "  |                           ^^^^^^ not a key of the language\n"
        " ::: spec.yaml:3:24\n"
        "  |\n"
        "3 | training: {optimizer: {type: sgd}}\n"
        "  |                        ---- said over it here\n"
        "  = help: write `beta_1: null` in spec.yaml, which counts over this file\n"
        "  = help: write `type: adam`: `beta_1` is a key of `adam`, `adamax`, `adamw` and others, not of `sgd`"
    )
    ((edit,),) = (fix.edits for fix in report.diagnostics[0].fixes)
    text = edit.span.source.text
    fixed = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    assert write(spec_yaml=fixed).accepted().training.optimizer.type == "sgd"


def test_two_places_in_two_files_are_shown_in_both(write: Write) -> None:
    report = write(spec_yaml="extends: base.yaml\nname: a\noutput:\n  classes: 12\n")
    shown = render(report.diagnostics)
    assert " --> base.yaml:5:19\n" in shown
    assert " ::: spec.yaml:4:3\n" in shown


def test_what_is_missing_is_missing_in_the_file_itself(write: Write) -> None:
    report = write(spec_yaml="# nothing else\nextends: base.yaml\n")
    assert codes(report) == ["BNN103"]
    assert report.diagnostics[0].span.source.name == "spec.yaml"
    assert report.diagnostics[0].span.text == "extends"


def test_extends_stands_at_the_top_alone(write: Write) -> None:
    report = write(spec_yaml="extends: base.yaml\nname: a\ntraining: {extends: base.yaml}\n")
    assert only_message(report, "BNN102") == "unknown key `extends` in `training`"
    report = write(spec_yaml="extend: base.yaml\n" + BASE + "name: a\n")
    assert report.diagnostics[0].help == ("did you mean `extends`?",)


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
    assert message.endswith(f"must be the name of a file, and this is {what}")
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
    assert "nothing is downloaded" in helps[2]
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
        "pipe.yaml": "is no ordinary file, but a pipe or a device",
        "/dev/zero": "is no ordinary file, but a pipe or a device",
        "folder.yaml": "is a folder",
        "loop.yaml": "cannot be read: too many levels of symbolic links",
        "socket.yaml": "cannot be read: no such device or address",
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


def test_comments_count_in_the_file_where_the_finding_is(write: Write) -> None:
    single = "prediction: {samples: 1}\nbayesian: {method: flipout}\nname: a\n"
    alone = write(spec_yaml=f"extends: base.yaml\n{single}")
    (code,) = codes(alone)
    ignored = single.replace("}\nbayesian", f"}}  # bnnc: ignore[{code}]\nbayesian")
    assert codes(write(spec_yaml=f"extends: base.yaml\n{ignored}")) == []
    spec = "extends: [base.yaml, single.yaml]\n"
    assert codes(write(single_yaml=ignored, spec_yaml=spec)) == []
    # On the same line of another file it means nothing, and that is told.
    idle = "extends: [base.yaml, single.yaml]  # bnnc: ignore[" + code + "]\n"
    assert codes(write(single_yaml=single, spec_yaml=idle)) == ["BNN603", code]
    # A comment in the base may silence something in another spec: nothing is said about it.
    assert (
        codes(write(single_yaml=ignored.replace("samples: 1", "samples: 9"), spec_yaml=spec)) == []
    )


def test_anchors_of_one_file_are_none_of_another(write: Write) -> None:
    report = write(
        anchors_yaml="x-seed: &seed 3\n",
        spec_yaml="extends: [base.yaml, anchors.yaml]\nname: a\ntraining: {seed: *seed}\n",
    )
    assert codes(report) == ["BNN017"]


def test_the_tree_of_a_report_is_the_whole(write: Write) -> None:
    report = write(spec_yaml="extends: base.yaml\nname: a\n")
    assert report.tree is not None
    document = to_json(report.tree)
    assert isinstance(document, dict)
    assert document["name"] == "a"
    assert document["bnnc"] == 1
    assert report.folder == ""


def test_a_path_of_data_is_relative_to_the_file_that_says_it(tmp_path: Path, write: Write) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "base.yaml").write_text(BASE + "data: {source: ./images}\n")
    assert write(spec_yaml="extends: shared/base.yaml\nname: a\n").folder == "shared"
    assert write(spec_yaml="extends: shared/base.yaml\ndata: {source: x}\nname: a\n").folder == ""


def test_text_without_a_folder_of_its_own_extends_nothing() -> None:
    assert codes(check(Source("spec.yaml", "extends: base.yaml\n"))) == ["BNN024"]
