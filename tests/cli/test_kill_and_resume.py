"""A run that is killed again and again ends in the weights of one that was left alone."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import bnnc

KILLS = 10

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
  early_stopping: {patience: 60, restore_best_weights: true}
  epochs: 60
data: {source: digits, validation_split: 0.2}
"""


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from bnnc.cli import main; main()", "train", *arguments]
    return subprocess.Popen(
        command, cwd=folder, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def test_ten_kills_leave_the_weights_of_an_uninterrupted_run(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    run = tmp_path / "run"
    moments = random.Random(20)
    to_training = 0.0  # seconds that this machine takes from the start to the end of an epoch
    kills = in_training = 0
    while kills < KILLS:
        known = (run / "manifest.json").exists()
        process = start(
            tmp_path, *(["--resume", "run"] if known else ["spec.yaml", "--run", "run"])
        )
        assert process.stderr is not None
        # Half of the kills fall at any moment from the start on; the others wait for the first
        # epoch, so that they fall into training and into the writing of files.
        if kills % 2 == 0:
            began = time.monotonic()
            for line in process.stderr:
                if line.startswith("epoch"):
                    break
            to_training = time.monotonic() - began
            time.sleep(moments.uniform(0.0, 0.3))
        else:
            time.sleep(moments.uniform(0.0, to_training))
        in_training += run.exists()
        process.send_signal(signal.SIGKILL)
        process.wait()
        errors = process.stderr.read()
        process.stderr.close()
        assert process.returncode == -signal.SIGKILL, f"ended before it was killed: {errors}"
        kills += 1
        if run.exists():  # whole, or not there
            bnnc.load(run)
    assert in_training >= KILLS // 2

    process = start(tmp_path, "--resume", "run")
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert not list(run.glob(".*")), "a killed process left files behind"
    killed = bnnc.load(run)

    process = start(tmp_path, "spec.yaml", "--run", "uninterrupted")
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    whole = bnnc.load(tmp_path / "uninterrupted")

    # Nine batches an epoch, two of them a change of the weights.
    assert int(killed.model.optimizer.iterations.numpy()) == 60 * 9 // 2
    assert killed.model.watch == whole.model.watch
    for ours, theirs in zip(killed.model.weights, whole.model.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)
    for ours, theirs in zip(
        killed.model.optimizer.variables, whole.model.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)
    assert len((run / "metrics.jsonl").read_text().splitlines()) == 60
