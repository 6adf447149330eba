"""`bnnc check` in every form: documents on standard output, exit codes, what is shown."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bnnc.cli.app import run
from tests.support.extra_rules import narrow_layer_rule

GOOD = """\
bnnc: 1
name: example
input: {shape: [28, 28, 1]}
layers:
  - {type: flatten}
  - {type: dense, units: 10}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
"""
BAD = GOOD.replace("classes: 10", "classes: 9")
IDLE = GOOD.replace("units: 10}", "units: 10}  # bnnc: ignore[BNN602]")
DOCUMENTS = ("json", "sarif")
FORMS = ("text", "github", *DOCUMENTS)

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """`bnnc check` in a folder with a good, a bad and a suspicious spec."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    Path("good.yaml").write_text(GOOD)
    Path("bad.yaml").write_text(BAD)
    Path("idle.yaml").write_text(IDLE)

    def run_it(*arguments: str) -> tuple[int, str, str]:
        code = run(["check", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_it


def results(out: str) -> list[dict[str, Any]]:
    document = json.loads(out)
    return list(
        document["diagnostics"] if "diagnostics" in document else document["runs"][0]["results"]
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("specs", "code"),
    [
        (["good.yaml"], 0),
        (["idle.yaml"], 0),
        (["bad.yaml", "good.yaml"], 1),
        (["nowhere.yaml", "good.yaml"], 2),
        (["nowhere.yaml", "bad.yaml", "good.yaml"], 2),
    ],
    ids=["good", "warning", "bad", "missing", "missing and bad"],
)
def test_the_exit_code_is_the_same_in_every_form(
    shell: Shell, form: str, specs: list[str], code: int
) -> None:
    given, out, err = shell("--output-format", form, *specs)
    assert given == code
    missing = "error: nowhere.yaml does not exist\n" if "nowhere.yaml" in specs else ""
    assert err == missing
    if form in DOCUMENTS:
        # One document and nothing else, also where there is nothing to report.
        assert len(results(out)) == ("bad.yaml" in specs) + ("idle.yaml" in specs)
    elif "bad.yaml" in specs:
        # The others are checked and reported although one cannot be read.
        assert "BNN204" in out


@pytest.mark.parametrize("form", FORMS)
def test_wrong_use_writes_nothing_to_standard_output(shell: Shell, form: str) -> None:
    for wrong in (["--ignore", "BNN301"], ["--select", "BNN999"], ["--stdin-filename", "a.yaml"]):
        code, out, err = shell("--output-format", form, *wrong, "good.yaml")
        assert (code, out) == (2, "")
        assert err.startswith("error: ")
    code, _, err = shell("--output-format", "xml", "good.yaml")
    assert code == 2
    assert "'text', 'json', 'github', 'sarif'" in err


@pytest.mark.parametrize("form", DOCUMENTS)
def test_a_document_holds_the_findings_of_all_files_in_their_order(shell: Shell, form: str) -> None:
    _, out, _ = shell("--output-format", form, "idle.yaml", "good.yaml", "bad.yaml")
    codes = [one.get("code") or one["ruleId"] for one in results(out)]
    assert codes == ["BNN603", "BNN204"]
    assert "\x1b" not in out


def test_colours_do_not_enter_a_document(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" in shell("bad.yaml")[1]
    for form in ("github", *DOCUMENTS):
        assert "\x1b" not in shell("--output-format", form, "bad.yaml")[1]


def test_github_shows_errors_first_whatever_the_order_of_files(shell: Shell) -> None:
    _, out, _ = shell("--output-format", "github", "idle.yaml", "nowhere.yaml", "bad.yaml")
    assert [line.split(" ")[0] for line in out.splitlines()] == [
        "::error",
        "::error",
        "::warning",
        "2",
    ]
    assert out.endswith("\n2 specs checked, 1 error and 1 warning in 2 files\n")


def test_github_finds_files_from_the_root_of_the_checkout(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path.parent))
    _, out, _ = shell("--output-format", "github", "bad.yaml")
    assert f"file={tmp_path.name}/bad.yaml," in out
    _, out, _ = shell("--output-format", "sarif", "bad.yaml")
    place = results(out)[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == f"{tmp_path.name}/bad.yaml"


@pytest.fixture
def _narrow_layer() -> Iterator[None]:
    with narrow_layer_rule():
        yield


@pytest.mark.usefixtures("_narrow_layer")
@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ([], ["BNN204", "BNN990", "BNN603", "BNN990"]),
        (["--ignore", "BNN990"], ["BNN204", "BNN603"]),
        (["--ignore", "BNN990,BNN6"], ["BNN204"]),
        (["--ignore", "BNN990", "--ignore", "ignore-comment-silences-nothing"], ["BNN204"]),
        (["--select", "BNN603"], ["BNN204", "BNN603"]),
        (["--select", "BNN603", "--select", "BNN9"], ["BNN204", "BNN990", "BNN603", "BNN990"]),
        (["--select", "BNN6", "--ignore", "BNN603"], ["BNN204"]),
        (["--select", "BNN101"], ["BNN204"]),
    ],
)
def test_select_and_ignore_choose_among_all_but_errors(
    shell: Shell, options: list[str], shown: list[str]
) -> None:
    code, out, _ = shell("--output-format", "json", *options, "bad.yaml", "idle.yaml")
    assert sorted(one["code"] for one in results(out)) == sorted(shown)
    assert code == 1
    code, out, _ = shell(*options, "bad.yaml", "idle.yaml")
    headers = re.findall(r"^(?:error|warning)\[(.*?)\]", out, re.MULTILINE)
    assert sorted(headers) == sorted(shown)
    assert code == 1


@pytest.mark.usefixtures("_narrow_layer")
def test_ignored_warnings_leave_nothing_behind(shell: Shell) -> None:
    assert shell("--ignore", "BNN9", "good.yaml") == (0, "1 spec checked, no findings\n", "")


def test_standard_input_has_the_name_that_it_is_given(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for options, name in (
        ([], "<stdin>"),
        (["--stdin-filename", "specs/mine.yaml"], "specs/mine.yaml"),
    ):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
        code, out, _ = shell("-", *options, "-")
        assert code == 1
        assert f" --> {name}:5:" in out or f" --> {name}:6:" in out
        assert out.endswith("1 error in 1 file\n")


def test_a_document_needs_no_schema_library_no_tables_and_no_other_form(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    program = (
        "import sys; from bnnc.cli.app import run;"
        "run(['check', '--output-format', sys.argv[1], 'bad.yaml']);"
        "sys.stderr.write(' '.join(sys.modules))"
    )
    for form in FORMS:
        ended = subprocess.run(
            [sys.executable, "-c", program, form],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        modules = set(ended.stderr.split())
        assert not modules & {"jsonschema", "rich", "numpy", "tensorflow", "keras"}
        loaded = {name.rpartition(".")[2] for name in modules if name.endswith("_form")}
        assert loaded == ({f"{form}_form"} if form != "text" else set())
