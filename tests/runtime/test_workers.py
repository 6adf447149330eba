"""Workers on several machines, here processes of one: what they train, refuse and survive."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bnnc
from bnnc.cli.app import run as run_bnnc
from tests.support.cluster import Together, workers_of

# Layers of several methods, whose noise is of the kernel, of the row, or both.
SPEC = """\
bnnc: 1
name: together
input: {shape: [8, 8, 1], value_range: [0, 16]}
layers:
  - {type: random_translation, height_factor: 0.1, width_factor: 0.1}
  - {type: conv2d, filters: 4, kernel_size: 3, strides: 2, activation: relu}
  - {type: batch_normalization}
  - {type: flatten}
  - {type: dense, units: 8, activation: relu, bayesian: {method: local_reparameterization}}
  - {type: dropout, rate: 0.1}
  - {type: dense, units: 10, bayesian: {method: antithetic}}
bayesian: {method: flipout}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
training: {batch_size: 150, epochs: 2, seed: 3, checkpoint_minutes: 0, optimizer: {type: adam, learning_rate: 0.01}}
data: {source: digits, validation_split: 0.1}
"""
TRAIN = ("train", "spec.yaml", "--run")
Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the spec, and another one."""
    folder = tmp_path_factory.mktemp("workers")
    (folder / "spec.yaml").write_text(SPEC)
    (folder / "other.yaml").write_text(SPEC.replace("seed: 3", "seed: 4"))
    return folder


@pytest.fixture(scope="module")
def together(folder: Path) -> Iterator[Together]:
    """Return the function that runs commands as the workers of a cluster."""
    with workers_of(folder) as together:
        yield together


@pytest.fixture(scope="module")
def alone(folder: Path) -> Lines:
    """The metrics of the spec, trained by one process."""
    assert run_bnnc(["train", str(folder / "spec.yaml"), "--run", str(folder / "alone")]) == 0
    return metrics(folder / "alone")


@pytest.fixture(scope="module")
def two(folder: Path, together: Together) -> Path:
    """The run of two workers that nobody disturbed."""
    codes, outputs = together((*TRAIN, "two"), (*TRAIN, "two"))
    assert codes == [0, 0], outputs
    assert "epoch" in outputs[0]
    assert "epoch" not in outputs[1].partition("help: ")[0], "the chief alone prints"
    return folder / "two"


def metrics(run: Path) -> Lines:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        del line["seconds"], line["images_per_second"]
    return lines


def assert_same_losses(some: Lines, others: Lines) -> None:
    assert len(some) == len(others)
    for ours, theirs in zip(some, others, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-6)


def test_two_workers_give_the_losses_of_one_to_six_digits(two: Path, alone: Lines) -> None:
    assert_same_losses(metrics(two), alone)


def test_a_killed_worker_ends_the_job_and_it_resumes_to_the_same_bits(
    folder: Path, together: Together, two: Path, alone: Lines
) -> None:
    codes, outputs = together((*TRAIN, "killed"), (*TRAIN, "killed"), end=(signal.SIGKILL, 6))
    assert codes == [3, -signal.SIGKILL]
    assert "error: worker 1 (127.0.0.1:" in outputs[0]
    assert "ended, or could not be reached any more. killed holds 0 of 2 epochs, and " in outputs[0]
    assert "bnnc train --resume killed" in outputs[0]
    shutil.copytree(folder / "killed", folder / "moved")
    resume = ("train", "--resume", "killed")
    codes, outputs = together(resume, resume)
    assert codes == [0, 0], outputs
    resumed, whole = bnnc.load(folder / "killed"), bnnc.load(two)
    for name in ("model", "optimizer"):
        for ours, theirs in zip(variables(resumed, name), variables(whole, name), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    # On another number of workers, here one, the sums of gradients are rounded otherwise.
    assert run_bnnc(["train", "--resume", str(folder / "moved")]) == 0
    assert_same_losses(metrics(folder / "moved"), alone)


def variables(program: bnnc.Program, of: str) -> list[Any]:
    model = program.model
    found = model.weights if of == "model" else model.optimizer.variables
    return [np.asarray(one) for one in found]


def test_a_worker_with_another_spec_or_other_data_is_named(
    folder: Path, together: Together
) -> None:
    codes, outputs = together((*TRAIN, "none"), ("train", "other.yaml", "--run", "none"))
    assert codes == [2, 2]
    for output in outputs:
        assert "error: worker 1 (127.0.0.1:" in output
        assert "has another spec than worker 0" in output
    images, labels = np.arange(40 * 64.0).reshape(40, 8, 8, 1) % 17, np.arange(40) % 10
    np.savez(folder / "other.npz", x_train=images, y_train=labels)
    codes, outputs = together((*TRAIN, "none"), (*TRAIN, "none", "--data", "other.npz"))
    assert codes == [2, 2], outputs
    assert "has another data than worker 0" in outputs[0]
    assert not (folder / "none").exists()


def test_what_one_worker_cannot_do_is_told_by_the_others(folder: Path, together: Together) -> None:
    np.savez(folder / "wrong.npz", x=np.ones((40, 8, 8, 1)))
    codes, outputs = together((*TRAIN, "none"), (*TRAIN, "none", "--data", "wrong.npz"))
    assert codes == [3, 2], outputs
    said = outputs[1].partition("error: ")[2].strip()[:60]
    assert said
    assert f"has ended: {said}" in outputs[0]
    assert not (folder / "none").exists()
