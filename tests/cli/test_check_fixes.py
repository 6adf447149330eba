"""`bnnc check --fix` and `--diff`, on files as people have them."""

import stat
from pathlib import Path

import pytest

from bnnc.cli.app import run

SPEC = """\
bnnc: 1
name: fixme
input: {shape: [28, 28, 1]}
layers:
  - type: flatten   # a row
  - {type: dense, units: 10, activation: softmax}   # head
output:
  distribution: one_hot_categorical
  parameterization: logits   # what the numbers are
  classes: 10
  labels: one_hot
loss:
  type: categorical_crossentropy   # as in the article
"""
SAFE = SPEC.replace("type: categorical_crossentropy", "type: negative_log_likelihood")
ALL = SAFE.replace(", activation: softmax", "")


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC)
    return path


def test_findings_say_how_many_can_be_fixed(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "spec.yaml"]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "1 can be fixed with `--fix`, 1 more with `--unsafe-fixes`, changing the model"
    assert spec.read_text() == SPEC


def test_fix_writes_what_keeps_the_model_and_reports_the_rest(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "--fix", "spec.yaml"]) == 1
    assert spec.read_text() == SAFE
    out = capsys.readouterr().out
    assert "error[BNN301]" in out
    assert "[BNN308]" not in out
    assert out.startswith("spec.yaml: BNN308: ")
    assert "1 finding fixed\n1 error in 1 file\n" in out


def test_unsafe_fixes_write_all_and_a_second_time_nothing(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.chmod(0o640)
    assert run(["check", "--unsafe-fixes", "spec.yaml"]) == 0
    assert spec.read_text() == ALL
    assert stat.S_IMODE(spec.stat().st_mode) == 0o640
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.startswith("spec.yaml: BNN301, changes the model: ")
    assert second.startswith("spec.yaml: BNN308: ")
    assert last == "2 findings fixed"
    assert run(["check", "--unsafe-fixes", "spec.yaml"]) == 0
    assert capsys.readouterr().out == "1 spec checked, no findings\n"
    assert [path.name for path in spec.parent.iterdir()] == ["spec.yaml"]


def test_diff_shows_and_writes_nothing(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--diff", "--unsafe-fixes", "spec.yaml"]) == 1
    captured = capsys.readouterr()
    changed = [line for line in captured.out.splitlines() if line[:1] in "+-"]
    assert changed == [
        "--- spec.yaml",
        "+++ spec.yaml (fixed)",
        "-  - {type: dense, units: 10, activation: softmax}   # head",
        "+  - {type: dense, units: 10}   # head",
        "-  type: categorical_crossentropy   # as in the article",
        "+  type: negative_log_likelihood   # as in the article",
    ]
    assert captured.err.endswith("2 findings would be fixed\n")
    assert spec.read_text() == SPEC


def test_byte_order_mark_and_windows_line_ends_stay(spec: Path) -> None:
    mark = b"\xef\xbb\xbf"
    spec.write_bytes(mark + SPEC.replace("\n", "\r\n").encode())
    assert run(["check", "--unsafe-fixes", "spec.yaml"]) == 0
    assert spec.read_bytes() == mark + ALL.replace("\n", "\r\n").encode()


def test_a_link_stays_a_link(spec: Path) -> None:
    link = spec.with_name("link.yaml")
    link.symlink_to("spec.yaml")
    assert run(["check", "--unsafe-fixes", "link.yaml"]) == 0
    assert link.is_symlink()
    assert spec.read_text() == ALL


@pytest.mark.parametrize("arguments", [["--fix", "-"], ["--diff", "--output-format", "json", "x"]])
def test_what_cannot_be_done_is_wrong_use(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", *arguments]) == 2
    assert capsys.readouterr().err.startswith("error: ")
