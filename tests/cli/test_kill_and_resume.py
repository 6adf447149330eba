"""A run that is killed again and again ends in the weights of one that was left alone."""

from __future__ import annotations

import json
import random
import re
import signal
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import bnnc
from bnnc.runtime.program import Program
from tests.cli.killing import Train, training_processes

EPOCHS = 10
SHORT_EPOCHS = 3
KILLS_WITHIN = 2
SPEC = """\
bnnc: 1
name: killed
input: {shape: [8, 8, 1], value_range: [0, 16]}
layers:
  - {type: conv2d, filters: 8, kernel_size: 3, activation: relu}
  - {type: batch_normalization}
  - {type: dropout, rate: 0.1}
  - {type: flatten}
  - {type: dense, units: 10}
bayesian: {method: flipout, prior: {distribution: normal, scale: learned}}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
loss: {kl: {warmup_epochs: 3}}
training:
  optimizer:
    type: adam
    learning_rate: {type: cosine_decay, initial_learning_rate: 0, warmup_target: 0.01, warmup_epochs: 2}
    clipnorm: 1.0
    gradient_accumulation_steps: 2
    use_ema: true
  posterior_scale_learning_rate_multiplier: 2
  early_stopping: {patience: 12, restore_best_weights: true}
  batch_size: 128
  epochs: 10
data: {source: digits, validation_split: 0.2}
"""

# A killed process leaves nothing but its files, so each kill falls right before one of its changes
# to them: the event that Python announces, the file, and the how many-th of them it is.
KILLS = [
    ("os.rename", "run", 1),
    ("os.rename", "model.keras", 3),
    ("os.rename", "metrics.jsonl", 3),
    ("os.rename", "model.keras", 1),
]


def test_kills_at_any_change_of_a_file_leave_the_weights_of_an_uninterrupted_run(
    tmp_path: Path,
) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    killed, whole = killed_and_whole(tmp_path, KILLS)
    # Nine batches an epoch, two of them a change of the weights.
    assert int(killed.model.optimizer.iterations.numpy()) == EPOCHS * 9 // 2
    assert killed.model.watch == whole.model.watch


SHORT = f"""\
extends: base.yaml
training: {{checkpoint_minutes: 0, epochs: {SHORT_EPOCHS}, early_stopping: null}}
"""


def digits_in_memory(folder: Path) -> str:
    return ""


def digits_in_a_table(folder: Path) -> str:
    images, labels = load_digits(return_X_y=True)
    for number, (image, label) in enumerate(zip(images[:400], labels[:400], strict=True)):
        path = folder / f"digits/{label}/{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.reshape(8, 8).astype(np.uint8)).save(path)
    files = sorted((folder / "digits").rglob("*.png"))
    rows = [f"{file.relative_to(folder)},{file.parent.name}" for file in files]
    (folder / "table.csv").write_text("\n".join(["path,label", *rows]))
    return "data: {source: table.csv, streaming: true, validation_split: 0.2}\n"


@pytest.mark.parametrize("data", [digits_in_memory, digits_in_a_table])
def test_kills_within_an_epoch_leave_the_weights_of_an_uninterrupted_run(
    data: Callable[[Path], str], tmp_path: Path
) -> None:
    (tmp_path / "base.yaml").write_text(SPEC)
    (tmp_path / "spec.yaml").write_text(SHORT + data(tmp_path))
    generator = random.Random(data.__name__)
    # Before the n-th time that the model is saved: some of them within an epoch, some after it.
    kills = [("os.rename", "model.keras", generator.randint(2, 4)) for _ in range(KILLS_WITHIN)]
    then = predict_with_a_kill if data is digits_in_memory else None
    killed, whole = killed_and_whole(tmp_path, kills, then)
    history, other = (metrics(tmp_path / run) for run in ("run", "uninterrupted"))
    assert history == other
    assert killed.model.batches_done == whole.model.batches_done == 0
    output = (tmp_path / "output.txt").read_text()
    assert re.search(r"resuming after epoch \d of \d and \d of \d batches", output)


def predict_with_a_kill(train: Train, folder: Path) -> None:
    """A prediction that is killed right before its second part is written ends in the same file."""
    images = np.random.default_rng(0).integers(0, 17, (9000, 8, 8)).astype(np.uint8)
    np.save(folder / "images.npy", images)
    predict = partial(train, "run", "images.npy", "--samples", "2", command="predict")
    # The renames: of what the job is, of the first part, of the second.
    assert predict("-o", "killed.csv", kill=("os.rename", "", 3)) == -signal.SIGKILL
    assert not (folder / "killed.csv").exists()
    assert len(list((folder / "killed.csv.partial").glob("0*"))) == 1
    assert predict("-o", "killed.csv") == 0
    assert "4,096 of 9,000 images were predicted before" in (folder / "output.txt").read_text()
    assert predict("-o", "whole.csv") == 0
    text = (folder / "killed.csv").read_text()
    assert text == (folder / "whole.csv").read_text()
    assert [line.partition(",")[0] for line in text.splitlines()[1:]] == list(map(str, range(9000)))
    assert not list(folder.glob("*.partial"))


def metrics(run: Path) -> list[dict[str, float]]:
    """What each epoch measured, but for its speed."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        del line["seconds"], line["images_per_second"]
    return lines


def killed_and_whole(
    folder: Path,
    kills: Sequence[tuple[str, str, int]],
    then: Callable[[Train, Path], None] | None = None,
) -> tuple[Program, Program]:
    """A run that was killed and resumed, and one that was not, with equal weights and optimizers."""
    run, whole_run = folder / "run", folder / "uninterrupted"
    with training_processes(folder) as train:
        for kill in kills:
            known = (run / "manifest.json").exists()
            arguments = ("--resume", "run") if known else ("spec.yaml", "--run", "run")
            assert train(*arguments, kill=kill) == -signal.SIGKILL, kill
            if run.exists():  # whole, or not there
                bnnc.load(run)
        assert train("--resume", "run") == 0
        assert train("spec.yaml", "--run", whole_run.name) == 0
        if then is not None:
            then(train, folder)
    assert not list(run.glob(".*")), "a killed process left files behind"
    killed, whole = bnnc.load(run), bnnc.load(whole_run)
    for ours, theirs in zip(killed.model.weights, whole.model.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)
    for ours, theirs in zip(
        killed.model.optimizer.variables, whole.model.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)
    assert len(metrics(run)) == len(metrics(whole_run))
    return killed, whole
