"""Wrong use of the commands and of the Python API: what was expected, received, and the way out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bnnc
from bnnc.cli.app import run
from bnnc.errors import SpecFileError, SpecNotFoundError

DIGITS = str(Path(__file__).parents[2] / "specs" / "gallery" / "digits-flipout.yaml")

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """Run a command in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def run_it(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_it


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("explain", "BNN999"),
            "there is no rule `BNN999`: `bnnc explain` lists the rules and words",
        ),
        (("explain", "BNN399"), "of its family there are BNN301 to BNN3"),
        (("explain", "kernel_sise"), "did you mean `layers.conv1d.kernel_size`"),
        (("explain", "lr"), "`training.optimizer.adam.learning_rate`"),
        (("explain", "kronecker"), "did you mean `bayesian.hessian`"),
        (("explain", "flipuot"), "did you mean `Flipout`"),
        (("explain", "calibratoin"), "did you mean `Calibration`"),
        (("explain", "kernel_size"), "several fields end in `kernel_size`: give one of layers."),
        (("explain", ""), "the name of a rule, field or word is empty"),
        (("check", ""), "the name of a spec is empty"),
        (("plan", ""), "the name of a spec is empty"),
        (("diff", "-", "-"), "standard input is one spec, and there are two to compare"),
        (("init", "-o", "spec"), "write `-o spec.yaml`"),
        (("init", "nope"), "there is no template `nope`; there are `"),
        (("init", "fashion-lenet"), "did you mean `fashion-lenet5-flipout`?"),
        (("init", "probs"), "there are `digits-probs-integer`, `digits-probs-one-hot`"),
        (("train",), "Say what to train: `bnnc train SPEC`"),
        (("train", "--resume"), "Say which run to resume: `bnnc train --resume DIR`"),
        (("train", "--resume", DIGITS), "is a spec, not a run"),
        (("train", "--resume", "nowhere"), "there is no run nowhere; there are no runs in runs/"),
        (("train", "--resume", ""), "there is no run (an empty name)"),
    ],
)
def test_wrong_use_is_told_what_to_write(
    shell: Shell, arguments: tuple[str, ...], words: str
) -> None:
    code, out, err = shell(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err


def test_the_runs_that_are_there_are_named(shell: Shell, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "manifest.json").touch()
    assert "runs in runs/: runs/a, runs/b" in shell("train", "--resume", "c")[2]


def test_the_end_of_a_field_is_enough_to_explain_it(shell: Shell) -> None:
    assert shell("explain", "batch_size") == shell("explain", "training.batch_size")
    assert shell("explain", "kl.weight")[1].startswith("# loss.kl.weight\n")


@pytest.mark.parametrize("function", [bnnc.check, bnnc.compile])
@pytest.mark.parametrize("spec", [None, 3, b"spec.yaml", ["spec.yaml"]])
def test_what_is_no_spec_is_a_type_error(function: Any, spec: Any) -> None:
    with pytest.raises(TypeError, match="Expected the path of a spec file, a dict, or a bnnc.Spec"):
        function(spec)


@pytest.mark.parametrize("function", [bnnc.check, bnnc.compile])
def test_settings_that_are_no_dict_are_a_type_error(function: Any) -> None:
    with pytest.raises(TypeError, match=r"Expected `set` to be a dict .*Received: \['training"):
        function(DIGITS, set=["training.epochs=3"])


def test_a_spec_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(SpecNotFoundError, match=r"There is no spec file nowhere\.yaml in /"):
        bnnc.check("nowhere.yaml")
    with pytest.raises(FileNotFoundError):  # as whoever reads files expects
        bnnc.check(tmp_path / "nowhere.yaml")
    with pytest.raises(SpecNotFoundError, match="an empty path"):
        bnnc.check("")
    with pytest.raises(SpecFileError, match=r"is a folder\. Expected a spec file"):
        bnnc.check(tmp_path)
    with pytest.raises(SpecFileError, match=r"the text of a spec\. Pass yaml\.safe_load"):
        bnnc.check("bnnc: 1\nname: example\n")
    with pytest.raises(SpecFileError, match="cannot be read"):
        bnnc.check("a\0b")


@pytest.mark.parametrize("number", [float("nan"), np.float32("inf"), -np.inf, np.array([np.nan])])
def test_a_number_of_a_dict_that_is_not_finite_is_found(number: Any) -> None:
    report = bnnc.check({"bnnc": 1, "name": "NaN-Infinity", "input": {"mean": number}})
    (found,) = [one for one in report.diagnostics if one.code == "BNN004"]
    assert found.span.text in {".nan", ".inf", "-.inf"}
    assert not [one for one in report.diagnostics if one.code == "BNN108"]


def test_a_dict_that_contains_itself_is_refused() -> None:
    spec: dict[str, Any] = {"bnnc": 1}
    spec["input"] = spec
    with pytest.raises(TypeError, match="Expected a dict of plain values"):
        bnnc.check(spec)
