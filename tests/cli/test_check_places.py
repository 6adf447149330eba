"""`bnnc check` of files, folders and patterns: what is checked, once, and what is passed over."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bnnc.cli.app import run
from bnnc.compiler.text.limits import MAX_BYTES
from tests.support.growth import assert_linear

GALLERY = Path(__file__).parents[2] / "specs" / "gallery"
GOOD = (GALLERY / "digits-flipout.yaml").read_text(encoding="utf-8")

Check = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def check(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Check:
    """Check in a folder full of files: exit code, the files that were checked, standard error."""
    monkeypatch.chdir(tmp_path)
    for name in (
        *("specs/b.yaml", "specs/a.yml", "specs/deep/er/c.json", "specs/deep/[1].yaml"),
        *("specs/.hidden.yaml", "specs/.git/d.yaml", "specs/build/e.yaml", "specs/notes.txt"),
        *("specs/node_modules/f.yaml", "specs/__pycache__/g.yaml", "other/h.yaml"),
    ):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GOOD)
    Path("specs/workflow.yaml").write_text("on: push\njobs: {check: {run: bnnc check}}\n")
    Path("specs/manifest.json").write_text('{"versions": {"bnnc": "0.1.0"}, "spec": {"bnnc": 1}}')
    Path("specs/list.yaml").write_text("- bnnc: 1\n")
    Path("empty").mkdir()

    def run_it(*arguments: str) -> tuple[int, list[str], str]:
        code = run(["check", "--output-format", "json", *arguments])
        captured = capsys.readouterr()
        files = json.loads(captured.out)["files"] if captured.out else []
        return code, [one["file"] for one in files if one["status"] != "unreadable"], captured.err

    return run_it


IN_SPECS = ["specs/a.yml", "specs/b.yaml", "specs/deep/[1].yaml", "specs/deep/er/c.json"]


@pytest.mark.parametrize("folder", ["specs", "specs/", "./specs", "specs/deep/.."])
def test_a_folder_stands_for_the_specs_in_it_and_below_it(check: Check, folder: str) -> None:
    code, files, err = check(folder)
    assert (code, err) == (0, "")
    assert [os.path.normpath(file) for file in files] == IN_SPECS


def test_the_current_folder_is_named_by_its_files_alone(check: Check) -> None:
    assert check(".") == (0, ["other/h.yaml", *IN_SPECS], "")


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("specs/*.y*ml", ["specs/a.yml", "specs/b.yaml"]),
        ("specs/deep/**/*.json", ["specs/deep/er/c.json"]),
        ("**/c.json", ["specs/deep/er/c.json"]),
        ("specs/[ab].*", ["specs/a.yml", "specs/b.yaml"]),
        ("specs/dee?", ["specs/deep/[1].yaml", "specs/deep/er/c.json"]),
        ("specs/deep/[1].yaml", ["specs/deep/[1].yaml"]),
    ],
)
def test_a_pattern_stands_for_what_it_fits(check: Check, pattern: str, files: list[str]) -> None:
    if pattern == "specs/*.y*ml":
        for name in ("workflow.yaml", "list.yaml"):
            Path("specs", name).unlink()
    assert check(pattern) == (0, files, "")


def test_a_file_is_checked_once_by_whatever_names(check: Check) -> None:
    Path("link.yaml").symlink_to("specs/b.yaml")
    code, files, _ = check("specs/b.yaml", "link.yaml", "./specs/b.yaml", "specs", "specs/*.yml")
    assert code == 0
    assert files == ["specs/b.yaml", *(file for file in IN_SPECS if file != "specs/b.yaml")]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (
            "empty",
            "empty holds no spec: none of its .yaml, .yml and .json files has the key `bnnc`",
        ),
        ("nowhere", "nowhere does not exist"),
        ("specs/*.toml", "no file matches specs/*.toml"),
        ("specs/b.yaml/c", "specs/b.yaml/c cannot be read: Not a directory"),
        ("x" * 300, "cannot be read: File name too long"),
    ],
)
def test_what_stands_for_no_file_is_wrong_use_and_the_rest_is_checked(
    check: Check, argument: str, message: str
) -> None:
    code, files, err = check(argument, "specs/a.yml")
    assert (code, files) == (2, ["specs/a.yml"])
    assert err.startswith("error: ")
    assert message in err


def test_a_file_that_is_named_is_checked_whatever_it_is(check: Check) -> None:
    code, files, _ = check("specs/workflow.yaml", "specs/.hidden.yaml", "specs/notes.txt")
    assert code == 1
    assert files == ["specs/workflow.yaml", "specs/.hidden.yaml", "specs/notes.txt"]


def test_specs_only_passes_over_named_files_too_and_none_left_is_fine(check: Check) -> None:
    assert check("--specs-only", "specs/workflow.yaml", "specs/b.yaml") == (0, ["specs/b.yaml"], "")
    assert check("--specs-only", "specs/workflow.yaml", "empty") == (0, [], "")
    assert check("--specs-only", "nowhere.yaml")[0] == 2


def test_a_spec_that_is_broken_is_not_passed_over(check: Check) -> None:
    Path("specs/broken.yaml").write_text("name: [\nbnnc: 1\n")
    code, files, _ = check("--specs-only", "specs")
    assert code == 1
    assert "specs/broken.yaml" in files


def test_a_pipe_in_a_folder_is_not_waited_for(check: Check) -> None:
    os.mkfifo("specs/pipe.yaml")
    Path("specs/dangling.yaml").symlink_to("nowhere")
    Path("specs/circle").symlink_to(".")
    assert check("specs") == (0, IN_SPECS, "")


def test_a_long_file_is_read_as_far_as_a_spec_may_be_long(check: Check) -> None:
    Path("long.yaml").write_text(GOOD + "# long\n" * (MAX_BYTES // 7 + 1))
    code, files, _ = check("--specs-only", "long.yaml")
    assert (code, files) == (1, ["long.yaml"])


def test_a_name_that_no_terminal_shows_is_escaped(check: Check) -> None:
    code, files, err = check("gone\x1b\udcff.yaml", "specs/a.yml")
    assert (code, files) == (2, ["specs/a.yml"])
    assert err == "error: gone\\x1b\\udcff.yaml does not exist\n"


def test_standard_input_is_read_once(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    assert check("-", "-", "specs/a.yml") == (0, ["<stdin>", "specs/a.yml"], "")


def test_work_grows_with_the_specs_of_a_folder(check: Check) -> None:
    paths = sorted(GALLERY.glob("*.yaml"))[::6]
    texts = [path.read_text(encoding="utf-8") for path in paths]

    def work(rounds: int) -> Callable[[], object]:
        many = Path(f"many-{rounds}")
        many.mkdir(exist_ok=True)
        for number in range(rounds):
            for index, text in enumerate(texts):
                # Every second one has an error; no two are the same.
                named = text.replace("name: ", f"name: n{number}-{index}-", 1)
                broken = named.replace("parameterization: logits", "parameterization: logit")
                (many / f"{number}-{index}.yaml").write_text(broken if index % 2 else named)

        def check_all() -> None:
            code, files, _ = check(str(many))
            assert code == 1
            assert len(files) == rounds * len(texts)

        return check_all

    assert_linear(work, (1, 2, 3))
