"""The run of an ensemble: killed in the first member and in the second, it ends as if it was not."""

import json
import signal
from pathlib import Path

import numpy as np
import pytest

import bnnc
from bnnc.cli.app import run
from tests.cli.killing import training_processes
from tests.cli.test_commands import Shell, shell

__all__ = ["shell"]

EPOCHS = 5
SPEC = f"""\
bnnc: 1
name: several
input: {{shape: [8, 8, 1], value_range: [0, 16]}}
layers:
  - {{type: flatten}}
  - {{type: dense, units: 10}}
bayesian: {{method: flipout}}
output: {{distribution: categorical, parameterization: logits, classes: 10, labels: integer}}
training:
  optimizer: {{type: adam, learning_rate: 0.01}}
  epochs: {EPOCHS}
  early_stopping: {{patience: 40, restore_best_weights: true}}
ensemble: {{members: 2}}
prediction: {{samples: 4}}
data: {{source: digits, validation_split: 0.2}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the spec, and its run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("ensemble")
    (folder / "spec.yaml").write_text(SPEC)
    assert run(["train", str(folder / "spec.yaml"), "--run", str(folder / "whole")]) == 0
    return folder


def test_kills_leave_the_weights_and_metrics_of_an_uninterrupted_run(
    folder: Path, shell: Shell
) -> None:
    killed = folder / "killed"
    with training_processes(folder) as train:
        first = ("print", "member 1/2  epoch 2/5", 1)
        assert train("spec.yaml", "--run", "killed", kill=first) == -signal.SIGKILL
        code, _, err = shell("evaluate", killed)
        assert code == 2
        assert "interrupted before member 2 of 2 was trained: `bnnc train --resume" in err
        second = ("print", "member 2/2  epoch 2/5", 1)
        assert train("--resume", "killed", kill=second) == -signal.SIGKILL
    code, out, err = shell("train", "--resume", killed)
    assert code == 0
    assert err.startswith("resuming after epoch ")
    assert "of 5 of member 2 of 2" in err
    assert "member 1/2" not in err
    assert f"{killed}: 2 members of 5 epochs. Evaluate it with:" in out
    assert shell("train", "--resume", killed)[1].startswith(
        f"{killed} has ended (2 members of 5 epochs)"
    )
    ours, theirs = bnnc.load(killed), bnnc.load(folder / "whole")
    for one, other in zip(ours.models, theirs.models, strict=True):
        variables = zip(
            [*one.weights, *one.optimizer.variables],
            [*other.weights, *other.optimizer.variables],
            strict=True,
        )
        for received, expected in variables:
            np.testing.assert_array_equal(received.numpy(), expected.numpy(), received.path)
        assert one.watch == other.watch
    assert metrics_of(killed) == metrics_of(folder / "whole")


def metrics_of(run: Path) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    places = [(line["member"], line["epoch"]) for line in lines]
    assert places == [(member, epoch + 1) for member in range(2) for epoch in range(EPOCHS)]
    return [
        {key: line[key] for key in line if key not in {"seconds", "images_per_second"}}
        for line in lines
    ]


def test_an_ensemble_is_evaluated_and_predicts_as_one(folder: Path, shell: Shell) -> None:
    whole = folder / "whole"
    code, out, _ = shell("evaluate", whole)
    assert code == 0
    assert out.startswith("360 test images, 2 members, 4 weight draws of each\n")
    metrics = json.loads(shell("evaluate", whole, "--json", "--samples", "3")[1])
    assert (metrics["members"], metrics["samples"]) == (2, 6)
    assert metrics["accuracy"] > 0.5
    np.save(folder / "images.npy", np.zeros((2, 8, 8, 1), np.float32))
    code, out, _ = shell("predict", whole, folder / "images.npy")
    assert code == 0
    row = dict(zip(*(line.split(",") for line in out.splitlines()[:2]), strict=True))
    assert 0 < float(row["mutual_information"]) < float(row["entropy"])


def test_a_run_of_an_ensemble_can_be_made_longer(
    folder: Path, shell: Shell, tmp_path: Path
) -> None:
    text = SPEC.replace(", restore_best_weights: true", "")
    (tmp_path / "spec.yaml").write_text(text)
    assert shell("train", "spec.yaml", "--run", "run", "--epochs", "1")[0] == 0
    code, _, err = shell("train", "--resume", "run", "--epochs", "2")
    assert code == 0
    assert err.count("epoch 2/2") == 2
    loaded = bnnc.load(tmp_path / "run")
    assert [model.epochs_done for model in loaded.models] == [2, 2]
    assert [one.manifest["trained"]["epochs"] for one in (loaded, *loaded.members)] == [2] * 3
    lines = [
        json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    ]
    assert [(one["member"], one["epoch"]) for one in lines] == [(0, 1), (1, 1), (0, 2), (1, 2)]


def test_a_build_and_a_plan_say_how_many(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    code, out, _ = shell("build", "spec.yaml", "-o", "built")
    assert (code, out) == (0, "built: model.py, members/0 to members/1, manifest.json\n")
    assert shell("evaluate", "built")[2].startswith("error: built was built and never trained")
    plan = json.loads(shell("plan", "spec.yaml", "--json")[1])
    totals = plan["totals"]
    assert plan["members"] == 2
    assert totals["parameters_of_all_members"] == 2 * totals["parameters"]
    assert (
        f"members                 2, one trained after the other; "
        f"{2 * totals['parameters']:,} parameters in all"
    ) in shell("plan", "spec.yaml")[1]
