"""`bnnc runs`: every run folder with its state, and what is wrong with a damaged one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bnnc.cli.app import run
from bnnc.system.locks import FolderLock, is_locked
from tests.cli.test_commands import DIGITS, Shell, shell, trained

__all__ = ["shell", "trained"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, trained: Path) -> Path:
    """A folder with a run in every state."""
    folder = tmp_path_factory.mktemp("places")
    shutil.copytree(trained, folder / "deep" / "whole")
    for name in ("interrupted", "cut", "lost", "diverged"):
        shutil.copytree(trained, folder / name)
    change(folder / "interrupted", lambda one: one["trained"].update(epochs=9))
    change(folder / "diverged", lambda one: one.update(diverged={"epoch": 3, "step": 1}))
    with (folder / "cut" / "model.keras").open("r+b") as file:
        file.truncate(5000)
    (folder / "lost" / "model.keras").unlink()
    assert run(["build", DIGITS, "-o", str(folder / "built")]) == 0
    shutil.copytree(folder / "built", folder / "source")  # as built without TensorFlow
    (folder / "source" / "model.keras").unlink()
    ensemble = ("--set", "ensemble.members=2", "--set", "data.validation_split=0.2")
    options = ("--run", str(folder / "ensemble"), "--epochs", "1", *ensemble)
    assert run(["train", DIGITS, *options]) == 0
    # Other programs have such files too.
    (folder / "site").mkdir()
    (folder / "site" / "manifest.json").write_text("{}", encoding="utf-8")
    return folder


def change(folder: Path, edit: Any) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    edit(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def listed(shell: Shell, place: Path, *options: str) -> list[dict[str, Any]]:
    code, out, err = shell("runs", place, "--json", *options)
    assert (code, err) == (0, "")
    found: list[dict[str, Any]] = json.loads(out)
    return found


def test_every_run_is_listed_with_its_state(shell: Shell, place: Path) -> None:
    found = {Path(one["run"]).name: one for one in listed(shell, place)}
    assert {name: one["state"] for name, one in found.items()} == {
        "built": "built",
        "cut": "damaged",
        "whole": "trained",
        "diverged": "diverged",
        "ensemble": "trained",
        "interrupted": "interrupted",
        "lost": "damaged",
        "source": "built",
    }
    whole = found["whole"]
    assert (whole["name"], whole["method"], whole["data"]) == (
        *("digits-flipout", "flipout", "digits"),
    )
    assert (whole["epochs_done"], whole["epochs"], whole["problem"]) == (3, 3, None)
    assert (found["interrupted"]["epochs_done"], found["interrupted"]["epochs"]) == (3, 9)
    assert "model.keras cannot be read" in found["cut"]["problem"]
    assert "model.keras cannot be loaded as a model: it is missing" in found["lost"]["problem"]


def test_the_metrics_of_an_ensemble_are_the_means_of_its_members(shell: Shell, place: Path) -> None:
    lines = (place / "ensemble" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    last = [json.loads(line)["val_nll"] for line in lines]
    (found,) = [one for one in listed(shell, place) if one["run"].endswith("ensemble")]
    assert found["members"] == 2
    assert found["metrics"]["val_nll"] == pytest.approx(sum(last) / 2)


def test_the_table_is_sorted_by_any_of_its_columns(shell: Shell, place: Path) -> None:
    def order(*options: str) -> list[str]:
        return [Path(one["run"]).name for one in listed(shell, place, *options)]

    assert order() == [
        "built",
        "cut",
        "whole",
        "diverged",
        "ensemble",
        "interrupted",
        "lost",
        "source",
    ]
    # Runs that have nothing in the column come last.
    assert order("--sort", "val_nll")[0] == "ensemble"
    assert order("--sort", "val_nll", "--reverse")[0] == "ensemble"
    assert order("--sort", "epochs", "--reverse")[:3] == ["whole", "diverged", "interrupted"]
    code, _, err = shell("runs", place, "--sort", "loss")
    assert code == 2
    assert err.startswith("error: there is no column `loss` to sort by; expected run, name, method")


def test_the_table_has_a_line_a_run_and_the_problems_below(shell: Shell, place: Path) -> None:
    code, out, _ = shell("runs", place)
    assert code == 0
    title, _, header, *lines = out.splitlines()
    assert title == f"8 runs in {place}"
    assert header.split()[:5] == ["run", "name", "method", "data", "state"]
    (whole,) = [line for line in lines if "whole" in line]
    assert whole.split()[1:6] == ["digits-flipout", "flipout", "digits", "trained", "3/3"]
    assert [line for line in lines if line.startswith(f"{place / 'cut'}: ")] != []


def test_a_run_that_another_process_holds_is_in_training(shell: Shell, place: Path) -> None:
    folder = place / "deep" / "whole"
    assert not is_locked(folder)
    with FolderLock(folder):
        assert is_locked(folder)
        (found,) = listed(shell, folder)
        assert found["state"] == "training"
    assert not is_locked(folder)
    # A killed process leaves the file of its lock, without the lock.
    (folder / ".bnnc-lock").write_text("1 nowhere\n", encoding="utf-8")
    assert not is_locked(folder)
    (folder / ".bnnc-lock").unlink()


def test_a_folder_that_is_not_there_or_empty_is_told(shell: Shell, tmp_path: Path) -> None:
    code, _, err = shell("runs")
    assert code == 2
    assert err.startswith("error: runs is not there; expected a folder with runs in it")
    (tmp_path / "runs").mkdir()
    assert shell("runs") == (0, "there are no runs in runs\n", "")
    assert shell("runs", "--json") == (0, "[]\n", "")
