"""Specs that extend others, and `--set`, as a shell would see them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

import bnnc
from bnnc.cli.app import run
from bnnc.compiler.diagnostics import json_form
from tests.support.growth import assert_linear

BASE = """\
bnnc: 1
name: base
input: {shape: [8, 8, 1], value_range: [0, 16]}
layers:
  - {type: flatten}
  - {type: dense, units: 10, name: head}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
bayesian: {method: flipout}
training: {epochs: 2, batch_size: 32, optimizer: {type: adam, learning_rate: 0.01}}
data: {source: digits, validation_split: 0.1}
"""
WRONG = BASE.replace("name: head", "name: head, activation: softmax").replace(
    "labels: integer}", "labels: integer}\nloss: {type: sparse_categorical_crossentropy}"
)
SPEC = "extends: base.yaml\nbnnc: 1\nname: small\ntraining: {epochs: 1}\n"

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """Run a command in a folder with a spec and its base: exit code, output, standard error."""
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE)
    Path("spec.yaml").write_text(SPEC)

    def run_it(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_it


def test_every_form_names_the_file_of_each_place(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("base.yaml").write_text(WRONG)
    Path("spec.yaml").write_text(SPEC + "output: {parameterization: logits}\n")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    code, out, _ = shell("check", "spec.yaml")
    assert code == 1
    assert " --> base.yaml:6:" in out
    assert " ::: spec.yaml:5:" in out
    _, out, _ = shell("check", "--output-format", "json", "spec.yaml")
    document = json.loads(out)
    schema = json.loads(Path(json_form.__file__).with_name("report.schema.json").read_bytes())
    jsonschema.validate(document, schema)
    assert [one["file"] for one in document["files"]] == ["spec.yaml"]
    (one,) = document["diagnostics"]
    assert (one["code"], one["file"], one["related"][0]["file"]) == (
        "BNN301",
        "base.yaml",
        "spec.yaml",
    )
    _, out, _ = shell("check", "--output-format", "github", "spec.yaml")
    assert out.startswith("::error file=base.yaml,line=6,")
    assert "%0Aspec.yaml, line 5: reads logits" in out
    _, out, _ = shell("check", "--output-format", "sarif", "spec.yaml")
    (result,) = json.loads(out)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "base.yaml"
    related = result["relatedLocations"][0]["physicalLocation"]
    assert related["artifactLocation"]["uri"] == "spec.yaml"


def test_a_setting_is_a_place_in_every_form_and_no_file(shell: Shell) -> None:
    arguments = ("check", "spec.yaml", "--set", "output.classes=12")
    code, out, _ = shell(*arguments)
    assert code == 1
    assert " ::: <--set #1>:1:8\n" in out
    assert "1 | output.classes=12\n" in out
    _, out, _ = shell(*arguments, "--output-format", "json")
    assert json.loads(out)["diagnostics"][0]["related"][0]["file"] == "<--set #1>"
    _, out, _ = shell("check", "spec.yaml", "--set", "nam=a", "--output-format", "github")
    assert out.startswith("::error title=BNN102 unknown-key::<--set #1>:1:1: unknown key `nam`")
    _, out, _ = shell("check", "spec.yaml", "--set", "nam=a", "--output-format", "sarif")
    (result,) = json.loads(out)["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "%3C--set%20%231%3E"
    code, out, _ = shell("check", "spec.yaml", "--set", "nam=a")
    assert out.endswith("\n1 error\n")


def test_standard_input_extends_what_stands_beside_its_name(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("deep").mkdir()
    Path("deep/base.yaml").write_text(BASE.replace("epochs: 2", "epochs: two"))

    def given(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    given(SPEC.replace("epochs: 1", "seed: 1"))
    code, out, _ = shell("check", "--stdin-filename", "deep/spec.yaml", "-")
    assert code == 1
    assert " --> deep/base.yaml:9:20\n" in out
    given(SPEC)
    assert shell("check", "-")[0] == 0
    given(SPEC.replace("base.yaml", "spec.yaml"))
    # The name of standard input is a file of the circle, whatever stands in it on the disk.
    Path("spec.yaml").write_text("extends: other.yaml\n")
    Path("other.yaml").write_text("extends: spec.yaml\n")
    assert "BNN022" in shell("check", "--stdin-filename", "spec.yaml", "-")[1]


def test_what_is_wrong_in_a_base_is_shown_once_a_call(shell: Shell) -> None:
    Path("base.yaml").write_text(WRONG)
    for number in range(5):
        Path(f"{number}.yaml").write_text(SPEC)
    code, out, _ = shell("check", ".")
    assert code == 1
    assert out.count("error[") == 1
    assert "1 error in 1 file\n" in out
    _, out, _ = shell("check", "--output-format", "json", ".")
    document = json.loads(out)
    assert {one["status"] for one in document["files"]} == {"refused"}
    assert len(document["files"]) == 7
    assert len(document["diagnostics"]) == 1


def test_a_folder_holds_specs_where_the_key_is_and_parts_where_it_is_not(shell: Shell) -> None:
    Path("part.yaml").write_text("training: {seed: 3}\n")
    Path("more.yaml").write_text("extends: [base.yaml, part.yaml]\nbnnc: 1\n")
    code, out, _ = shell("check", ".")
    assert (code, out) == (0, "3 specs checked, no findings\n")


def test_a_fix_edits_the_file_that_is_checked_and_never_its_base(shell: Shell) -> None:
    base = WRONG.replace("activation: softmax", "activation: linear").replace(
        "distribution: categorical, ", "distribution: one_hot_categorical, "
    )
    base = base.replace("labels: integer", "labels: one_hot").replace("sparse_", "")
    Path("base.yaml").write_text(base)
    for option in ("--fix", "--unsafe-fixes"):
        code, out, _ = shell("check", option, "spec.yaml")
        assert code == 1
        assert "1 error in 1 file\n" in out
        assert out.endswith(
            "1 fix would edit base.yaml, which other specs may extend: not made from here\n"
        )
    assert Path("base.yaml").read_text() == base
    assert Path("spec.yaml").read_text() == SPEC
    # Said in the file itself, it is fixed there.
    own = SPEC + "loss: {type: categorical_crossentropy}\n"
    Path("spec.yaml").write_text(own)
    code, out, _ = shell("check", "--fix", "spec.yaml")
    assert (code, out.splitlines()[-1]) == (0, "1 finding fixed")
    assert Path("spec.yaml").read_text() == own.replace(
        "categorical_crossentropy", "negative_log_likelihood"
    )
    # The base by its own name is fixed, and what is read after it is what was written.
    Path("spec.yaml").write_text(SPEC)
    code, out, _ = shell("check", "--fix", "spec.yaml", "base.yaml", "spec.yaml")
    assert "negative_log_likelihood" in Path("base.yaml").read_text()
    assert shell("check", "spec.yaml", "base.yaml")[0] == 0


def test_after_a_fix_a_base_is_read_again(shell: Shell) -> None:
    wrong = BASE.replace("distribution: categorical, ", "distribution: one_hot_categorical, ")
    wrong = wrong.replace("labels: integer", "labels: one_hot")
    Path("base.yaml").write_text(wrong + "loss: {type: categorical_crossentropy}\n")
    Path("a.yaml").write_text(SPEC)
    code, out, _ = shell("check", "--fix", "a.yaml", "base.yaml", "spec.yaml")
    assert code == 1
    _, out, _ = shell("check", "--fix", "base.yaml", "spec.yaml")
    assert out == "2 specs checked, no findings\n"


@pytest.mark.parametrize("option", ["--fix", "--unsafe-fixes", "--diff"])
def test_settings_and_fixes_do_not_go_together(shell: Shell, option: str) -> None:
    code, _, err = shell("check", option, "--set", "name=a", "spec.yaml")
    assert code == 2
    assert "it cannot go with --set" in err


def test_work_grows_with_the_specs_over_one_base(shell: Shell) -> None:
    def work(count: int) -> Callable[[], object]:
        folder = Path(f"specs-{count}")
        folder.mkdir(exist_ok=True)
        for number in range(count):
            text = f"extends: ../base.yaml\nbnnc: 1\nname: a\ntraining: {{seed: {number}}}\n"
            (folder / f"{number}.yaml").write_text(text)
        checked = f"{count} specs checked, no findings\n"

        def check() -> None:
            assert shell("check", folder) == (0, checked, "")

        return check

    assert_linear(work, (10, 40, 70))


def test_plan_shows_where_each_value_comes_from(shell: Shell) -> None:
    arguments = (
        "plan",
        "-v",
        "spec.yaml",
        "--set",
        "loss.kl.temperature=0.5",
        "--set",
        "data=null",
    )
    code, out, _ = shell(*arguments)
    assert code == 0
    table, _, flat = out.partition("\nbnnc: 1 ")
    assert "multiply-adds" in table
    lines = [line.split() for line in flat.splitlines()]
    assert ["temperature:", "0.5", "#", "--set", "#1"] in lines
    assert ["epochs:", "1", "#", "spec.yaml:4"] in lines
    assert ["batch_size:", "32", "#", "base.yaml:9"] in lines
    assert ["seed:", "0", "#", "default"] in lines
    assert max(map(len, flat.splitlines())) <= 80
    Path("flat.yaml").write_text("bnnc: 1 " + flat)
    assert shell("diff", "flat.yaml", "spec.yaml", *arguments[3:])[:2] == (0, "")
    code, out, _ = shell(*arguments, "--json")
    document = json.loads(out)
    assert document["totals"]["parameters"] == 2 * 640 + 10
    values = {tuple(one["path"]): one for one in document["values"]}
    assert values["training", "epochs"] == {
        "path": ["training", "epochs"],
        "value": 1,
        "origin": "spec.yaml:4",
        "places": [{"file": "spec.yaml", "line": 4, "column": 20}],
    }
    assert values["training", "seed"]["places"] == []
    assert "values" not in json.loads(shell("plan", "spec.yaml", "--json")[1])


def test_diff_shows_what_settings_change(shell: Shell) -> None:
    code, out, _ = shell("diff", "spec.yaml", "--set", "training.epochs=3")
    assert (code, out) == (1, "training.epochs\n  - 1\n  + 3\n")
    assert shell("diff", "spec.yaml", "--set", "training.epochs=1")[:2] == (0, "")
    code, out, _ = shell("diff", "base.yaml", "spec.yaml", "--set", "name=base")
    assert (code, out) == (1, "training.epochs\n  - 2\n  + 1\n")
    code, _, err = shell("diff", "spec.yaml")
    assert code == 2
    assert "Give a second spec" in err


def test_emitted_stages_are_of_the_whole(shell: Shell) -> None:
    for stage in ("tree", "spec"):
        code, out, _ = shell("build", "spec.yaml", "--emit", stage, "--set", "training.seed=4")
        assert code == 0
        document = json.loads(out)
        assert "extends" not in document
        assert (document["name"], document["training"]["seed"]) == ("small", 4)
    code, _, err = shell("build", "spec.yaml", "--emit", "plan", "--set", "training.seed=x")
    assert code == 1
    assert "<--set #1>:1:15" in err


def test_a_run_needs_none_of_the_files_that_its_spec_extends(shell: Shell, tmp_path: Path) -> None:
    arguments = ("spec.yaml", "--set", "bayesian.posterior.initial_scale=0.02")
    assert shell("build", *arguments, "-o", "built")[0] == 0
    assert shell("train", *arguments, "--run", "run")[0] == 0
    report = bnnc.check("spec.yaml", set={"bayesian.posterior.initial_scale": 0.02})
    Path("base.yaml").unlink()
    Path("spec.yaml").unlink()
    for folder in ("built", "run"):
        manifest = json.loads(Path(folder, "manifest.json").read_text())
        assert manifest["fingerprint"] == report.accepted().fingerprint()
        assert manifest["spec"]["bayesian"]["posterior"]["initial_scale"] == 0.02
        assert "extends" not in manifest["spec"]
        assert bnnc.load(folder).spec == report.spec
    assert shell("evaluate", "run", "--samples", "2")[0] == 0
    code, _, err = shell("train", "built", "--set", "name=b")
    assert code == 2
    assert "holds a compiled one" in err


def test_the_api_compiles_what_is_set_and_extended(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    spec = {"extends": "base.yaml", "name": "api"}
    program = bnnc.compile(spec, folder=tmp_path, set={"layers.head.use_bias": False})
    assert program.model.count_params() == 2 * 640
    assert program.folder == tmp_path
    with pytest.raises(bnnc.SpecError, match="<set #1>:1:8"):
        bnnc.compile(spec, folder=tmp_path, set={"layers.heed": {}, "nam": 1})


def test_checking_alone_imports_nothing_of_composition() -> None:
    import subprocess
    import sys

    code = (
        "import sys, bnnc; from pathlib import Path;"
        "spec = Path(bnnc.__file__).parent / 'specs/gallery/digits-flipout.yaml';"
        "assert bnnc.check(spec).ok;"
        "names = [name for name in sys.modules if name.startswith('bnnc.compiler.composition.')];"
        "print([name for name in names if '.findings' not in name])"  # the catalog's
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "['bnnc.compiler.composition.cache']"
