"""What each method costs beside the deterministic network: a step, a prediction, memory, weights.

    python benchmarks/methods.py [--rounds N] [--table docs/methods.md]

LeNet-5 on images like Fashion-MNIST's, batches of 128. The methods take turns in every round, so
that all of them have the machine at its best and at its worst; each figure is the median over the
rounds. Memory is the highest that a process of its own holds while it trains on two batches of
`MEMORY_BATCH` rows, and while it predicts `MEMORY_IMAGES` images, less what it held before. With
`--table` the table stands in the file between the two comments that name this one.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

import bnnc
from benchmarks.memory import MEBIBYTE, highest_while
from benchmarks.outcomes import machine
from bnnc.runtime.program import Program
from bnnc.specs.methods import METHODS, NAMES

BATCH = 128
STEPS = 10
IMAGES = 500
SAMPLES = 16
MEMORY_BATCH = 2048
MEMORY_IMAGES = 10_000
MEMBERS = 5
# A deterministic network, five times.
ENSEMBLE = "ensemble"
BEGIN, END = "<!-- benchmarks/methods.py: begin -->", "<!-- benchmarks/methods.py: end -->"


def spec(name: str, batch_size: int = BATCH) -> dict[str, Any]:
    """LeNet-5 under a method, with dropout before the dense layers where the method lives on it.

    Or an ensemble of several.
    """
    method = "none" if name == ENSEMBLE else name
    convolution = {"type": "conv2d", "kernel_size": 5, "padding": "same", "activation": "relu"}
    drops = METHODS[method].needs == "a dropout layer"
    return {
        "bnnc": 1,
        "name": name,
        "input": {"shape": [28, 28, 1]},
        "layers": [
            {**convolution, "filters": 6},
            {"type": "max_pooling2d"},
            {**convolution, "filters": 16},
            {"type": "max_pooling2d"},
            {"type": "flatten"},
            *([{"type": "dropout", "rate": 0.1}] if drops else []),
            {"type": "dense", "units": 84, "activation": "relu"},
            {"type": "dense", "units": 10},
        ],
        "bayesian": {
            "method": method,
            "layers": "last" if METHODS[method].last_layer_only else "all",
        },
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 10,
            "labels": "integer",
        },
        "training": {"batch_size": batch_size, "epochs": 1},
        "prediction": {"samples": SAMPLES},
        **({"ensemble": {"members": MEMBERS}} if name == ENSEMBLE else {}),
    }


def steps_of(program: Program) -> Callable[[], None]:
    """Some training steps in one call."""
    generator = np.random.default_rng(0)
    images = tf.constant(generator.uniform(0, 255, (BATCH, 28, 28, 1)), tf.float32)
    labels = tf.constant(generator.integers(0, 10, BATCH), tf.int32)
    for model in program.models:
        model.bind(rows=60_000, batch_size=BATCH)

    @tf.function(reduce_retracing=True)
    def run() -> None:
        for model in program.models:
            for _ in tf.range(STEPS):
                model.train_step((images, labels))

    return lambda: run()


def predictions_of(program: Program) -> Callable[[], None]:
    """A prediction of some images."""
    images = np.random.default_rng(1).uniform(0, 255, (IMAGES, 28, 28, 1)).astype(np.float32)

    def run() -> None:
        program.predict(images)

    return run


def measured_memory(name: str) -> tuple[int, int]:
    """Bytes that a training and a prediction hold at most, in this process."""
    random = np.random.default_rng(0)
    images = 255 * random.random((MEMORY_IMAGES, 28, 28, 1), np.float32)
    labels = random.integers(0, 10, len(images))
    small = bnnc.compile(spec(name, 16))
    small.fit(images[:32], labels[:32], verbose=0)
    small.predict(images[:16])
    program = bnnc.compile(spec(name, MEMORY_BATCH))
    rows = 2 * MEMORY_BATCH
    training = highest_while(lambda: program.fit(images[:rows], labels[:rows], verbose=0))
    return training, highest_while(lambda: program.predict(images))


def memory_of(name: str) -> tuple[float, float]:
    """The same in MiB, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.methods", "--memory", name],
        check=True,
        capture_output=True,
        text=True,
    )
    training, prediction = done.stdout.split()[-2:]
    return float(training) / MEBIBYTE, float(prediction) / MEBIBYTE


def medians(tasks: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Median milliseconds of every task, all of which take turns; the first round is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for number in range(rounds + 1):
        for name, task in tasks.items():
            began = time.perf_counter()
            task()
            if number:
                seconds[name].append(time.perf_counter() - began)
    return {name: 1000 * statistics.median(ones) for name, ones in seconds.items()}


def table(rounds: int) -> str:
    """The table as text, with where and when it was measured."""
    memory = {name: memory_of(name) for name in (*NAMES, ENSEMBLE)}
    programs = {name: bnnc.compile(spec(name)) for name in (*NAMES, ENSEMBLE)}
    steps = medians({name: steps_of(one) for name, one in programs.items()}, rounds)
    predicted = medians({name: predictions_of(one) for name, one in programs.items()}, rounds)
    lines = [
        f"LeNet-5, batches of {BATCH}; a prediction is {IMAGES} images, {SAMPLES} samples. Medians "
        f"of {rounds} rounds, {machine()} Memory is the most that is held above what a small model "
        f"left behind, MiB: of two steps of {MEMORY_BATCH:,} rows, and of a prediction of "
        f"{MEMORY_IMAGES:,} images. A step of the ensemble is one of each of its {MEMBERS} members.",
        "",
        "| method | step, ms | beside `none` | prediction, ms | draws | weights | beside `none` | "
        "training, MiB | prediction, MiB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    plain = programs["none"].model.count_params()
    for name, program in programs.items():
        weights = sum(model.count_params() for model in program.models)
        said = f"{ENSEMBLE}: {{members: {MEMBERS}}}" if name == ENSEMBLE else name
        training, prediction = memory[name]
        lines.append(
            f"| `{said}` | {steps[name] / STEPS:.1f} | {steps[name] / steps['none']:.2f} | "
            f"{predicted[name]:.0f} | {program.draws()} | {weights:,} | {weights / plain:.2f} | "
            f"{training:.0f} | {prediction:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the table, and write it where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--memory", metavar="NAME", help="print the bytes of one method, and end")
    arguments = parser.parse_args()
    if arguments.memory is not None:
        print(*measured_memory(arguments.memory))
        return
    made = table(arguments.rounds)
    print(made)
    if arguments.table is not None:
        before, _, rest = arguments.table.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        arguments.table.write_text(f"{before}{BEGIN}\n\n{made}\n\n{END}{after}")


if __name__ == "__main__":
    main()
