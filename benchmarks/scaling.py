"""Where more workers stop to help: a simulation from measured steps and counted gradients.

    python benchmarks/scaling.py [--table FILE] [NET ...]

The CPU time of a step of each net is measured here, at two sizes of the batch, and divided by the
cores: what it takes for any number of rows, and for each row more, on a machine that does nothing
else. The bytes of the gradients are those of the plan. Between the
workers there is a ring of the bandwidth, as `bnnc plan --workers` has it; nothing overlaps.
"""

import argparse
import os
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # wherever this is run from
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import bnnc
from benchmarks.racing.machine import machine
from bnnc.compiler.planning.scaling import BANDWIDTHS, Step, gradient_bytes, last_worth

CORES = os.cpu_count() or 1
COUNTS = (8, 16, 32, 64, 128, 256)
ROUNDS = 3
# How much faster than this machine: itself, and an accelerator.
SPEEDS = (1, 100)
RESNET_50: dict[str, Any] = {
    "bnnc": 1,
    "name": "imagenet-resnet50",
    "input": {"shape": [224, 224, 3]},
    "layers": [
        {"type": "backbone", "application": "ResNet50", "weights": "none", "pooling": "avg"},
        {"type": "dense", "units": 1000},
    ],
    "bayesian": {"method": "none"},
    "output": {
        "distribution": "categorical",
        "parameterization": "logits",
        "classes": 1000,
        "labels": "integer",
    },
    "training": {"optimizer": {"type": "sgd", "momentum": 0.9}},
}
GALLERY = ROOT / "specs/gallery"
# What is compiled, the rows of the two timed batches, and those of a batch of a training.
NETS: dict[str, tuple[Any, tuple[int, int], int]] = {
    "LeNet-5, flipout": (GALLERY / "fashion-lenet5-flipout.yaml", (16, 128), 1024),
    "ResNet-20": (GALLERY / "cifar10-resnet20.yaml", (8, 64), 1024),
    "Wide-ResNet-28-10": (GALLERY / "cifar10-wide-resnet-28-10.yaml", (1, 4), 1024),
    "ResNet-50": (RESNET_50, (1, 4), 1024),
}


def measured(source: Any, sizes: tuple[int, int]) -> tuple[Step, int]:
    """The step of a net, and the bytes of its gradients."""
    spec = source if isinstance(source, dict) else str(source)
    program = bnnc.compile(spec)
    shape, classes = program.spec.input.shape, getattr(program.spec.output, "classes", 10)
    program.model.bind(rows=50_000, batch_size=max(sizes))
    generator, seconds = np.random.default_rng(0), []
    for size in sizes:
        images = generator.uniform(0, 255, (size, *shape)).astype(np.float32)
        labels = generator.integers(0, classes, size)
        program.train_step(images, labels)
        times = []
        for _ in range(ROUNDS):
            began = time.process_time()
            program.train_step(images, labels)
            times.append((time.process_time() - began) / CORES)
        seconds.append(min(times))
    of_row = max((seconds[1] - seconds[0]) / (sizes[1] - sizes[0]), 1e-9)
    return Step(max(seconds[0] - of_row * sizes[0], 0.0), of_row), gradient_bytes(bnnc.plan(spec))


def rows_of(name: str, measured_step: Step, size: int, batch: int) -> list[str]:
    """The rows of the table for one net: a fixed batch, then a batch that grows with the workers."""
    rows = []
    for speed, gbits in product(SPEEDS, BANDWIDTHS):
        step = Step(measured_step.overhead / speed, measured_step.of_row / speed)
        alone = step.seconds(batch, size, 1, gbits)
        strong = [alone / step.seconds(batch, size, one, gbits) for one in COUNTS]
        each = 32
        weak = [
            step.seconds(each, size, 1, gbits) / step.seconds(each * one, size, one, gbits)
            for one in COUNTS
        ]
        most = last_worth(step, batch, size, gbits, (2, 4, *COUNTS))
        numbers = [f"{one:.3g}" for one in strong] + [f"{weak[0]:.0%}", f"{weak[-1]:.0%}"]
        rows.append(f"| {name} | {speed} | {gbits} | {' | '.join(numbers)} | {most} |")
    return rows


def main() -> None:
    """Measure, simulate, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nets", nargs="*", metavar="NET", help="begin of a name; all by default")
    parser.add_argument("--table", type=Path)
    arguments = parser.parse_args()
    wanted = [one for one in NETS if not arguments.nets or one.startswith(tuple(arguments.nets))]
    steps = ["| net | any step, ms | each row, ms | gradients, MiB |", "|---|---:|---:|---:|"]
    counts = " | ".join(map(str, COUNTS))
    table = [
        f"| net | speed | Gbit/s | {counts} | weak, 8 | weak, 256 | half used up to |",
        f"|---|---:|---:|{'---:|' * (len(COUNTS) + 3)}",
    ]
    for name in wanted:
        source, sizes, batch = NETS[name]
        step, size = measured(source, sizes)
        steps.append(
            f"| {name} | {1000 * step.overhead:.3g} | {1000 * step.of_row:.3g} | {size / 2**20:.3g} |"
        )
        table += rows_of(name, step, size, batch)
        print(steps[-1], *table[-len(BANDWIDTHS) * len(SPEEDS) :], sep="\n", flush=True)
    text = "\n".join(
        [
            "# Where more workers stop to help",
            "",
            machine(),
            "",
            "    python benchmarks/scaling.py --table benchmarks/scaling.md",
            "",
            "A simulation, not a measurement of a cluster. The CPU time of a step was measured here, in "
            "one process, and divided by the cores; the gradients are counted; between the workers there "
            "is a ring with 0.2 ms for each message, and nothing overlaps. `speed` 1 is a machine like "
            "this one, 100 an accelerator that is as many times faster. `8` to `256` are speed-ups over "
            "one worker, of a batch of 1024 rows that they divide. `weak` is the share of each worker "
            "that is used where each has 32 rows, however many they are. `half used up to` is the most "
            "workers of a divided batch that are at least half used: beyond it the net stops to scale.",
            "",
            *steps,
            "",
            *table,
            "",
        ]
    )
    if arguments.table:
        arguments.table.write_text(text)


if __name__ == "__main__":
    main()
