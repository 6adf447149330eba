"""How near a training step is to what the machine can do.

    python benchmarks/roofline.py [--table FILE]

Counts the multiply-adds of a step, and the bytes that it must move at least, and divides by what the
machine does of either: the largest rate of a product of matrices, and of a copy. The larger of the
two times is the least that a step can take.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # wherever this is run from
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

from benchmarks.racing import ours
from benchmarks.racing.machine import machine
from benchmarks.racing.nets import Case

THREADS = 2
ROUNDS = 9
METHODS = ("none", "reparameterization", "flipout", "local_reparameterization")
# Products of inputs and kernels that a method takes where the twin takes one.
PRODUCTS = {"none": 1, "reparameterization": 1, "flipout": 2, "local_reparameterization": 2}
# Passes over an output: written, read by the next layer and by the gradient, whose own numbers are
# written and read. Over a weight and its two slots in Adam: read and written, and its gradient.
ACTIVATION_PASSES, WEIGHT_PASSES = 5, 8


@dataclass(frozen=True)
class Work:
    """What a step has to do: floating-point operations, and bytes."""

    operations: int
    bytes: int


def work(model: Any, case: Case) -> Work:
    """The work of a step, whatever does it.

    A product is taken forward, for the gradient of its kernel, and for that of its inputs, which
    the first layer does without.
    """
    forward = [
        prod(layer.kernel.shape) * prod(layer.output.shape[1:-1])
        for layer in model.layers
        if hasattr(layer, "kernel")
    ]
    products = PRODUCTS[case.method] * (3 * sum(forward) - forward[0]) * case.batch
    outputs = sum(prod(layer.output.shape[1:]) for layer in model.layers) * case.batch
    weights = sum(prod(one.shape) for one in model.trainable_variables)
    return Work(2 * products, 4 * (ACTIVATION_PASSES * outputs + WEIGHT_PASSES * weights))


def ceilings() -> tuple[float, float]:
    """Floating-point operations a second of a large product, and bytes a second of a large copy."""
    size = 2048
    matrix = tf.random.normal([size, size])
    product = tf.function(lambda one: tf.matmul(one, one))
    large = tf.zeros([64 * 2**20 // 4])
    copy = tf.function(lambda one: one + 1.0)
    seconds = (_best(lambda: product(matrix)), _best(lambda: copy(large)))
    return 2 * size**3 / seconds[0], 2 * 64 * 2**20 / seconds[1]


def _best(run: Callable[[], Any]) -> float:
    run()
    times = []
    for _ in range(20):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def rows(case: Case) -> list[str]:
    """A row for each method, their steps taken in turn."""
    models = {one: _model(Case("step", one, net=case.net, batch=case.batch)) for one in METHODS}
    runs = {
        one: ours.steps(model, Case("step", one, net=case.net, batch=case.batch))
        for one, model in models.items()
    }
    count = 20 if case.net == "lenet5" else 3
    times: dict[str, list[float]] = {one: [] for one in METHODS}
    for run in runs.values():
        run(2)
    for _ in range(ROUNDS):
        for one, run in runs.items():
            began = time.perf_counter()
            run(count)
            times[one].append((time.perf_counter() - began) / count)
    rate, bandwidth = ceilings()
    found = []
    for one in METHODS:
        needed = work(models[one], Case("step", one, net=case.net, batch=case.batch))
        computing, moving = needed.operations / rate, needed.bytes / bandwidth
        step = statistics.median(times[one])
        found.append(
            f"| {case.net}, {case.batch} rows | {one} | {needed.operations / 1e9:.2f}"
            f" | {needed.bytes / 2**20:.0f} | {computing * 1e3:.2f} | {moving * 1e3:.2f}"
            f" | {step * 1e3:.2f} | {max(computing, moving) / step:.0%} |"
        )
        print(found[-1], flush=True)
    print(f"ceilings: {rate / 1e9:.0f} GFLOP/s, {bandwidth / 1e9:.1f} GB/s", flush=True)
    return [*found, f"\nCeilings: {rate / 1e9:.0f} GFLOP/s, {bandwidth / 1e9:.1f} GB/s.\n"]


def _model(case: Case) -> Any:
    return ours.twin(case) if case.method == "none" else ours.bayesian(case)


HEAD = (
    "| net | method | GFLOP | MiB | to compute, ms | to move, ms | step, ms | of the ceiling |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|"
)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--table", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(THREADS)
    print(HEAD)
    text = ["# A training step against the machine", "", machine(), ""]
    text += ["    python benchmarks/roofline.py --table benchmarks/roofline.md", ""]
    text += [
        "Operations and bytes are the least that the arithmetic asks for: every output written "
        "once and read again, nothing held in a cache. Noise, softplus and activations are "
        "in neither. A step is a median.",
        "",
    ]
    for case in (Case("step", "none"), Case("step", "none", net="residual", batch=64)):
        text += [HEAD, *rows(case), ""]
    if arguments.table:
        arguments.table.write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
