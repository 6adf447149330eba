"""`bnnc doctor`, on runs with a fault and without, and on what it cannot diagnose."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from sklearn.datasets import load_digits

import bnnc
from bnnc.cli.app import run
from tests.cli.test_commands import Shell, shell

__all__ = ["shell"]

SPEC = """\
bnnc: 1
name: example
input: {shape: [8, 8, 1], value_range: [0, 16]}
layers:
  - {type: flatten}
  - {type: dense, units: 32, activation: relu}
  - {type: dense, units: 10}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
training:
  optimizer: {type: adam, learning_rate: RATE}
  epochs: EPOCHS
data: {source: digits.npz}
"""


def spec(rate: float = 0.003, epochs: int = 15, more: str = "") -> str:
    return SPEC.replace("RATE", f"{rate}").replace("EPOCHS", f"{epochs}") + more


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, and the runs of a good spec and of one whose rate is too high."""
    folder = tmp_path_factory.mktemp("doctor")
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8, 1)
    np.savez(
        folder / "digits.npz",
        x_train=images[:1400],
        y_train=labels[:1400],
        x_test=images[1400:],
        y_test=labels[1400:],
    )
    (folder / "bad.yaml").write_text(spec(rate=1.0, epochs=3))
    (folder / "good.yaml").write_text(spec())
    for name in ("bad", "good"):
        assert run(["train", str(folder / f"{name}.yaml"), "--run", str(folder / name)]) == 0
    return folder


def test_a_fault_is_named_at_its_place_with_the_change(folder: Path, shell: Shell) -> None:
    code, out, err = shell("doctor", folder / "bad")
    assert (code, err) == (0, "")
    assert out.startswith(f"{folder / 'bad'}: 3 epochs on ")
    assert "warning[BNN812]: the learning rate is too high" in out
    assert "optimizer: {type: adam, learning_rate: 1.0}" in out
    assert "= help: write `learning_rate: 0.003`" in out
    # What the checker says of the same spec is one command away.
    assert "note: the checker finds 1 warning in the spec: `bnnc check " in out
    assert out.endswith("1 warning in 1 file\n")


def test_of_a_good_run_nothing_is_found(folder: Path, shell: Shell) -> None:
    code, out, err = shell("doctor", folder / "good")
    assert (code, err) == (0, "")
    assert out.endswith("\n\nnothing was found to be wrong\n")


def test_what_is_calibrated_is_not_found_to_need_it(folder: Path, shell: Shell) -> None:
    smoothed = "loss: {type: categorical_crossentropy, label_smoothing: 0.4}\n"
    text = spec(more=smoothed).replace("labels: integer", "labels: one_hot")
    text = text.replace("digits.npz}", "digits.npz, validation_split: 0.1}")
    (folder / "smoothed.yaml").write_text(text)
    run = folder / "smoothed"
    assert shell("train", folder / "smoothed.yaml", "--run", run)[0] == 0
    _, out, _ = shell("doctor", run)
    assert "warning[BNN836]" in out
    assert shell("calibrate", run)[0] == 0
    _, out, _ = shell("doctor", run)
    assert out.endswith("; the NLL and ECE above are before that\nnothing was found to be wrong\n")
    assert "note: calibrated by temperature 0." in out


def test_the_change_is_written_as_a_spec_that_trains_well(
    folder: Path, shell: Shell, tmp_path: Path
) -> None:
    code, out, _ = shell("doctor", folder / "bad", "-o", folder / "fixed.yaml")
    assert code == 0
    assert "write `learning_rate: 0.003`. Train it with:\n\n    bnnc train " in out
    assert (folder / "fixed.yaml").read_text() == spec(epochs=3)
    code, _, err = shell("doctor", folder / "bad", "-o", folder / "fixed.yaml")
    assert (code, err) == (2, f"error: {folder / 'fixed.yaml'} exists; choose another file\n")
    code, out, err = shell("doctor", folder / "good", "-o", tmp_path / "none.yaml")
    assert code == 2
    assert "no finding has a change of" in err
    assert not (tmp_path / "none.yaml").exists()


def test_json_has_findings_and_measurements(folder: Path, shell: Shell) -> None:
    code, out, _ = shell("doctor", folder / "bad", "--json")
    document = json.loads(out, parse_constant=pytest.fail)
    assert code == 0
    assert [one["code"] for one in document["diagnostics"]] == ["BNN812"]
    assert document["summary"]["text"].startswith(str(folder / "bad"))
    (evidence,) = document["evidence"]
    assert evidence["train"]["rows"] == 1400
    assert evidence["held_out_name"] == "test"
    assert evidence["trials"][0]["change"] == ""


def test_train_points_to_it_where_a_run_ends_at_chance(folder: Path, shell: Shell) -> None:
    (folder / "chance.yaml").write_text(spec(rate=1e-9, epochs=1))
    code, _, err = shell("train", folder / "chance.yaml", "--run", folder / "chance")
    assert code == 0
    assert "the training ended no better than guessing: NLL 2." in err
    assert f"`bnnc doctor {folder / 'chance'}` looks for the cause" in err
    _, out, _ = shell("doctor", folder / "chance")
    assert "BNN817" in out


def test_a_run_that_diverged_is_an_error(folder: Path, shell: Shell) -> None:
    deep = "  - {type: dense, units: 64, activation: elu}\n"
    text = spec(rate=100.0, epochs=2).replace("type: adam", "type: sgd")
    text = text.replace("  - {type: flatten}\n", "  - {type: flatten}\n" + 4 * deep)
    (folder / "diverged.yaml").write_text(text)
    code, _, err = shell("train", folder / "diverged.yaml", "--run", folder / "diverged")
    assert code == 3
    assert f"`bnnc doctor {folder / 'diverged'}` looks for the cause" in err
    code, out, _ = shell("doctor", folder / "diverged")
    assert code == 1
    assert "error[BNN810]: the training diverged in epoch 1" in out
    assert "write `learning_rate: 0.1`" in out


def test_without_its_data_the_weights_are_looked_at(folder: Path, shell: Shell) -> None:
    (folder / "lost.npz").write_bytes((folder / "digits.npz").read_bytes())
    text = spec(epochs=1).replace("digits.npz", "lost.npz")
    (folder / "lost.yaml").write_text(text + "loss: {kl: {warmup_epochs: 9}}\n")
    with (folder / "lost.yaml").open("a") as file:
        file.write("bayesian: {method: flipout}\n")
    assert shell("train", folder / "lost.yaml", "--run", folder / "lost")[0] == 0
    (folder / "lost.npz").unlink()
    code, out, _ = shell("doctor", folder / "lost")
    assert code == 0
    assert "BNN833" in out  # the warm-up is not over: the weights do not matter
    assert "note: the data of the run cannot be read: " in out
    code, out, _ = shell("doctor", folder / "lost", "--data", folder / "digits.npz")
    assert code == 0
    assert "note: the data of the run" not in out


def test_what_was_not_trained_is_refused(folder: Path, shell: Shell, tmp_path: Path) -> None:
    assert shell("build", folder / "good.yaml", "-o", tmp_path / "built")[0] == 0
    code, out, err = shell("doctor", tmp_path / "built")
    assert (code, out) == (2, "")
    assert "was built, not trained: train it with `bnnc train" in err
    code, _, err = shell("doctor", tmp_path / "nowhere")
    assert code == 2
    assert "nowhere does not exist" in err


def test_of_an_ensemble_the_members_are_named(folder: Path, shell: Shell) -> None:
    (folder / "members.yaml").write_text(spec(1.0, 2, "ensemble: {members: 2}\n"))
    assert shell("train", folder / "members.yaml", "--run", folder / "members")[0] == 0
    code, out, _ = shell("doctor", folder / "members")
    assert code == 0
    assert out.count("warning[BNN812]") == 1
    assert "= note: all 2 members of the ensemble have it" in out


def test_python_diagnoses_a_program_trained_on_arrays(folder: Path) -> None:
    data = np.load(folder / "digits.npz")
    program = bnnc.compile(yaml.safe_load(spec(1.0, 3).replace("data: {source: digits.npz}\n", "")))
    with pytest.raises(bnnc.ArgumentError, match="has not been trained"):
        bnnc.doctor(program)
    history = program.fit(data["x_train"], data["y_train"], verbose=0)
    without = bnnc.doctor(program, history=history)
    assert not [one for one in without.diagnostics if one.code == "BNN812"]
    assert "without data, predictions, activations and gradients are not looked at" in repr(without)
    found = bnnc.doctor(program, data["x_train"], data["y_train"], history=history)
    assert [one.code for one in found.diagnostics] == ["BNN812"]
    assert not found
    assert "learning_rate: 1.0" in repr(found)
    assert "BNN812" in found._repr_html_()
