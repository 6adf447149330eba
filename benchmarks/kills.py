"""Kill a training at random steps, resume it each time, and compare it with one that was not killed.

    python benchmarks/kills.py [--kills 20] [--seed 0] [--table FILE]

The digits are streamed from class folders of PNG files, from a CSV table of these files, and from
TFRecord files. `bnnc train` saves after every call of steps (`checkpoint_minutes: 0`), and a process
kills itself by SIGKILL right before a save of a random number, so at a random step. The next one
resumes, and is killed in turn. Compared, bit for bit, are the weights, the variables of the
optimizer, and the metrics of all epochs.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from benchmarks.outcomes import machine  # sets TensorFlow's log level

import tensorflow as tf  # isort: skip

import bnnc
from benchmarks.streamed_fashion_mnist import encoded, example
from tests.cli.killing import training_processes

EPOCHS = 4
SPEC = f"""\
bnnc: 1
name: killed
input: {{shape: [8, 8, 1], value_range: [0, 16]}}
layers:
  - {{type: conv2d, filters: 8, kernel_size: 3, activation: relu}}
  - {{type: batch_normalization}}
  - {{type: dropout, rate: 0.1}}
  - {{type: flatten}}
  - {{type: dense, units: 10}}
bayesian: {{method: flipout, prior: {{distribution: normal, scale: learned}}}}
output: {{distribution: categorical, parameterization: logits, classes: 10, labels: integer}}
loss: {{kl: {{warmup_epochs: 2}}}}
training:
  optimizer: {{type: adam, learning_rate: 0.003, use_ema: true}}
  batch_size: 16
  epochs: {EPOCHS}
  checkpoint_minutes: 0
"""
# Before the first save a step has been taken, before the seventh up to 127: a call takes twice as
# many steps as the last one, where that was quick.
MOST_SAVES = 7


def folder(place: Path) -> str:
    """The digits in class folders."""
    images, labels = load_digits(return_X_y=True)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        file = place / f"digits/{label}/{number:04d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.reshape(8, 8).astype(np.uint8)).save(file)
    return (
        "data: {source: ./digits, streaming: true, splits: {validation: 0.2, stratified: true}}\n"
    )


def table(place: Path) -> str:
    """The digits in a CSV table of their files."""
    folder(place)
    files = sorted((place / "digits").rglob("*.png"))
    rows = [f"{file.relative_to(place)},{file.parent.name}" for file in files]
    (place / "table.csv").write_text("\n".join(["path,label", *rows]))
    return "data: {source: table.csv, streaming: true, validation_split: 0.2}\n"


def records(place: Path) -> str:
    """The digits in two TFRecord files."""
    images, labels = load_digits(return_X_y=True)
    pixels = images.reshape(-1, 8, 8, 1).astype(np.uint8)
    for shard in range(2):
        file = place / f"train-{shard:05d}-of-00002.tfrecord"
        with tf.io.TFRecordWriter(str(file)) as writer:
            for row in range(shard * 900, min(shard * 900 + 900, len(pixels))):
                writer.write(example(encoded(pixels[row]), int(labels[row])))
    return 'data: {source: "train-*.tfrecord", streaming: true, validation_split: 0.2}\n'


SOURCES: dict[str, Callable[[Path], str]] = {
    "folder": folder,
    "CSV": table,
    "TFRecord": records,
}


@dataclass(frozen=True)
class Outcome:
    """What became of a run that was killed again and again."""

    kills: int
    within: int
    same: bool
    seconds: float


def killed(place: Path, source: Callable[[Path], str], kills: int, seed: int) -> Outcome:
    """Kill a training of a source at random saves, and compare it with a whole one."""
    generator = random.Random(seed)
    (place / "spec.yaml").write_text(SPEC + source(place))
    began, done = time.perf_counter(), 0
    with training_processes(place) as train:
        while done < kills:
            known = (place / "run/manifest.json").exists()
            arguments = ("--resume", "run") if known else ("spec.yaml", "--run", "run")
            kill = ("os.rename", "model.keras", generator.randint(1, MOST_SAVES))
            code = train(*arguments, kill=kill)
            if code == 0:
                break  # the training ended before
            if code != -signal.SIGKILL:
                raise SystemExit((place / "output.txt").read_text())
            done += 1
        if train("--resume", "run") or train("spec.yaml", "--run", "whole"):
            raise SystemExit((place / "output.txt").read_text())
    found = re.findall(r"and [\d,]+ of \d+ batches", (place / "output.txt").read_text())
    seconds = time.perf_counter() - began
    return Outcome(done, len(found), same_runs(place / "run", place / "whole"), seconds)


def same_runs(one: Path, other: Path) -> bool:
    """Whether weights, optimizer and metrics of two runs are the same, bit for bit."""
    models = [bnnc.load(run).model for run in (one, other)]
    variables = [[*model.weights, *model.optimizer.variables] for model in models]
    return metrics(one) == metrics(other) and all(
        np.array_equal(np.asarray(ours), np.asarray(theirs))
        for ours, theirs in zip(*variables, strict=True)
    )


def metrics(run: Path) -> list[dict[str, Any]]:
    """What each epoch measured, but for its speed."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [
        {
            name: value
            for name, value in line.items()
            if name not in {"seconds", "images_per_second"}
        }
        for line in lines
    ]


def main() -> None:
    """Kill, resume, compare, print, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--table", type=Path)
    given = parser.parse_args()
    lines = [
        "# Trainings that are killed\n",
        f"{machine()} {EPOCHS} epochs of 90 batches, streamed; kills at random steps by SIGKILL.\n",
        "    python benchmarks/kills.py --table benchmarks/kills.md\n",
        "| data | kills | resumed within an epoch | weights, optimizer and metrics of a whole run |",
        "|---|---:|---:|---|",
    ]
    for name, source in SOURCES.items():
        with tempfile.TemporaryDirectory() as place:
            one = killed(Path(place), source, given.kills, given.seed)
        same = "the same bits" if one.same else "**differ**"
        lines.append(f"| {name} | {one.kills} | {one.within} | {same} |")
        print(f"{lines[-1]} {one.seconds:.0f} s", flush=True)
    print("\n".join(lines))
    if given.table is not None:
        given.table.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
