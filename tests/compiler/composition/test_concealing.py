"""A finding shows no file that is not text, and none outside the project of the spec."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bnnc.cli.app import run
from bnnc.compiler.checking.concealing import project_of
from bnnc.compiler.text.source import Source

SECRET = "hunter2"
FORMS = ("text", "json", "github", "sarif")
Shown = Callable[[str], str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a folder of specs, beside secrets."""
    folder = tmp_path / "repository"
    (folder / "specs").mkdir(parents=True)
    (folder / ".git").mkdir()
    (tmp_path / "secrets.yaml").write_text(f"user: {SECRET}\nlayers: {{type: {SECRET}}}\n")
    (tmp_path / "key.pem").write_text(f"-----BEGIN {SECRET}\n")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def shown(project: Path, capsys: pytest.CaptureFixture[str]) -> Shown:
    """All that `bnnc check` writes of a spec, in every form."""

    def of(name: str) -> str:
        for form in FORMS:
            assert run(["check", "--output-format", form, name]) == 1
        written = capsys.readouterr()
        return written.out + written.err

    return of


@pytest.mark.parametrize("base", ["../../secrets.yaml", "../../key.pem", "link.yaml"])
def test_what_a_spec_extends_outside_its_project_is_not_quoted(
    project: Path, shown: Shown, base: str
) -> None:
    (project / "specs" / "link.yaml").symlink_to("../../secrets.yaml")
    (project / "specs" / "spec.yaml").write_text(f"bnnc: 1\nextends: {base}\n")
    written = shown("specs/spec.yaml")
    assert SECRET not in written
    assert "in a file whose content bnnc does not show" in written
    outside = project.parent / ("key.pem" if "key" in base else "secrets.yaml")
    assert f"check the file directly: `bnnc check {outside}`" in written


def test_a_link_that_leads_out_of_the_project_is_not_quoted(project: Path, shown: Shown) -> None:
    (project / "specs" / "spec.yaml").symlink_to("../../secrets.yaml")
    assert SECRET not in shown("specs/spec.yaml")


def test_a_file_that_is_not_text_is_not_quoted(project: Path, shown: Shown) -> None:
    for base, content in (("a.bin", b"\x7fELF"), ("b.bin", b"\xff\xfe"), ("c.bin", b"\xd0")):
        (project / "specs" / base).write_bytes(content + SECRET.encode())
        (project / "specs" / "spec.yaml").write_text(f"bnnc: 1\nextends: {base}\n")
        written = shown("specs/spec.yaml")
        assert SECRET not in written
        assert "the file is not text" in written


def test_what_a_spec_extends_within_its_project_is_quoted(project: Path, shown: Shown) -> None:
    (project / "base.yaml").write_text("unknown_word: 3\n")
    (project / "specs" / "spec.yaml").write_text("bnnc: 1\nextends: ../base.yaml\n")
    assert "1 | unknown_word: 3" in shown("specs/spec.yaml")


def test_a_concealed_finding_keeps_its_code_and_its_place(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "spec.yaml").write_text("bnnc: 1\nextends: ../secrets.yaml\n")
    run(["check", "--output-format", "json", "spec.yaml"])
    found = json.loads(capsys.readouterr().out)["diagnostics"]
    places = [(one["code"], one["file"], one["span"]["start"]["line"]) for one in found]
    assert ("BNN102", "../secrets.yaml", 1) in places


def test_a_project_is_the_repository_or_else_the_current_folder_or_the_specs_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of(folder: Path) -> str:
        return project_of(Source("spec.yaml", "", str(folder)))

    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert of(deep) == str(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert of(deep) == str(deep)
    monkeypatch.chdir("/")
    assert of(deep) == str(deep)
    (tmp_path / "a" / ".git").write_text("gitdir: elsewhere")  # as a worktree has it
    assert of(deep) == str(tmp_path / "a")
