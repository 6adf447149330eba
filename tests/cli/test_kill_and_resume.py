"""A run that is killed again and again ends in the weights of one that was left alone."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np

import bnnc
from tests.cli.killing import training_processes

EPOCHS = 10
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
    run, whole_run = tmp_path / "run", tmp_path / "uninterrupted"
    with training_processes(tmp_path) as train:
        for kill in KILLS:
            known = (run / "manifest.json").exists()
            arguments = ("--resume", "run") if known else ("spec.yaml", "--run", "run")
            assert train(*arguments, kill=kill) == -signal.SIGKILL, kill
            if run.exists():  # whole, or not there
                bnnc.load(run)
        assert train("--resume", "run") == 0
        assert train("spec.yaml", "--run", whole_run.name) == 0
    assert not list(run.glob(".*")), "a killed process left files behind"
    killed, whole = bnnc.load(run), bnnc.load(whole_run)

    # Nine batches an epoch, two of them a change of the weights.
    assert int(killed.model.optimizer.iterations.numpy()) == EPOCHS * 9 // 2
    assert killed.model.watch == whole.model.watch
    for ours, theirs in zip(killed.model.weights, whole.model.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)
    for ours, theirs in zip(
        killed.model.optimizer.variables, whole.model.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)
    assert len((run / "metrics.jsonl").read_text().splitlines()) == EPOCHS
