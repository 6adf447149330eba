"""Compare the plan's estimate of a training step's memory with what the step takes.

    python benchmarks/memory.py [--table FILE]

Each row is a process of its own: resident memory after a small model was trained, and its highest
value while the model of the row is built and trained for two steps.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import bnnc
from benchmarks.outcomes import machine, on

CONVOLUTION = {"type": "conv2d", "kernel_size": 3, "padding": "same", "activation": "relu"}
NETS: dict[str, list[dict[str, Any]]] = {
    "LeNet-5": [
        {**CONVOLUTION, "filters": 6, "kernel_size": 5},
        {"type": "max_pooling2d"},
        {**CONVOLUTION, "filters": 16, "kernel_size": 5},
        {"type": "max_pooling2d"},
        {"type": "flatten"},
        {"type": "dense", "units": 84, "activation": "relu"},
        {"type": "dense", "units": 10},
    ],
    "convolutions": [
        {**CONVOLUTION, "filters": 32},
        {**CONVOLUTION, "filters": 32},
        {"type": "max_pooling2d"},
        {**CONVOLUTION, "filters": 64},
        {"type": "global_average_pooling2d"},
        {"type": "dense", "units": 10},
    ],
    "wide dense": [
        {"type": "flatten"},
        {"type": "dense", "units": 4096, "activation": "relu"},
        {"type": "dense", "units": 4096, "activation": "relu"},
        {"type": "dense", "units": 10},
    ],
}
ROWS = [
    (net, batch_size, method)
    for net, batch_size in (("LeNet-5", 4096), ("convolutions", 1024), ("wide dense", 128))
    for method in ("none", "reparameterization", "flipout", "local_reparameterization")
]
MEBIBYTE = 2**20


def spec(net: str, batch_size: int, method: str) -> dict[str, Any]:
    """A net on images like Fashion-MNIST's."""
    document = on("fashion-mnist")
    del document["data"]
    return {
        **document,
        "layers": NETS[net],
        "bayesian": {"method": method},
        "training": {"batch_size": batch_size, "epochs": 1},
        "prediction": {"samples": 1 if method == "none" else 2},
    }


def measure(net: str, batch_size: int, method: str) -> tuple[int, int]:
    """Estimate and measurement in bytes."""
    random = np.random.default_rng(0)
    images = 255 * random.random((2 * batch_size, 28, 28, 1), np.float32)
    labels = random.integers(0, 10, len(images))
    small = bnnc.compile(spec("LeNet-5", 8, method))
    small.fit(images[:16], labels[:16], verbose=0)
    made: list[Any] = []

    def train() -> None:
        made.append(bnnc.compile(spec(net, batch_size, method)))
        made[0].fit(images, labels, verbose=0)

    held = highest_while(train)
    (program,) = made
    return program.manifest["plan"]["totals"]["training_bytes"], held


def highest_while(work: Callable[[], object]) -> int:
    """Bytes of resident memory that work takes at most, above those before it."""
    before, highest, done = _resident(), [0], threading.Event()

    def watch() -> None:
        while not done.is_set():
            highest[0] = max(highest[0], _resident())
            time.sleep(0.001)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return highest[0] - before


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Measure each row in a process of its own, and print."""
    parser = argparse.ArgumentParser(
        description="Memory of a training step, estimated and measured."
    )
    parser.add_argument("--table", type=Path, help="Markdown file to write")
    parser.add_argument("--row", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.row is not None:
        print(*measure(*ROWS[arguments.row]))
        return
    lines = [
        "# Memory of a training step: the plan's estimate, and what it takes",
        "",
        machine(),
        "",
        "    python benchmarks/memory.py --table benchmarks/memory.md",
        "",
        "| net | batch | method | estimate, MiB | measured, MiB | measured / estimate |",
        "|---|---:|---|---:|---:|---:|",
    ]
    print("\n".join(lines), flush=True)
    for index, (net, batch_size, method) in enumerate(ROWS):
        command = [sys.executable, __file__, "--row", str(index)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        estimate, measured = (int(one) for one in output.split()[-2:])
        lines.append(
            f"| {net} | {batch_size} | {method} | {estimate / MEBIBYTE:.0f} | "
            f"{measured / MEBIBYTE:.0f} | {measured / estimate:.2f} |"
        )
        print(lines[-1], flush=True)
        if arguments.table:
            arguments.table.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
