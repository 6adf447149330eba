"""What it would save to train the members of a small ensemble together in one program.

    python benchmarks/members_together.py [--table FILE]

Steps of one LeNet-5, of five one after the other, and of five in one graph, where TensorFlow may
run operations of several members at once; each for two ways of sharing two cores. A step on a single
row has the operations and no work: it is what batching the kernels of members could save.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # wherever this is run from
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# On processors without AVX-512 TensorFlow leaves oneDNN out, and a step is bound by its convolutions.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

MEMBERS, BATCH, ROWS = 5, 128, 4096
STEPS, ROUNDS = 20, 9
NETS = ("fashion-lenet5-deterministic", "fashion-lenet5-flipout")
# Threads that share one operation, and operations that run at once.
THREADS = ((2, 2), (1, 2))
VARIANTS = ("one", "one, 1 row", "apart", "one graph")


def measure(net: str) -> dict[str, tuple[float, float]]:
    """Wall and CPU milliseconds of a step, by variant: medians of interleaved rounds."""
    import numpy as np
    import tensorflow as tf

    import bnnc
    from bnnc.runtime.training.batches import ArrayBatches

    spec = str(ROOT / "specs" / "gallery" / f"{net}.yaml")
    models = bnnc.compile(spec, set={"ensemble": {"members": MEMBERS}}).models
    single = bnnc.compile(spec).models[0]
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (ROWS, 28, 28, 1)).astype(np.uint8)
    labels = generator.integers(0, 10, ROWS)

    def loop(model: Any, batch: int) -> tuple[Any, Any]:
        model.set_length(rows=ROWS, batch_size=batch, epochs=10)
        step = tf.autograph.experimental.do_not_convert(model.train_step)

        @tf.function
        def steps(iterator: Any, count: Any) -> None:
            for _ in tf.range(count):
                step(next(iterator))

        return steps, iter(ArrayBatches(images, labels, batch, seed=0).epoch(0).repeat())

    one, few = loop(single, BATCH), loop(bnnc.compile(spec).models[0], 1)
    each = [loop(model, BATCH) for model in models]

    @tf.function(autograph=False)
    def together(iterators: Any, count: Any) -> None:
        for (steps, _), iterator in zip(each, iterators, strict=True):
            steps(iterator, count)

    runs: dict[str, Callable[[Any], Any]] = {
        "one": lambda count: one[0](one[1], count),
        "one, 1 row": lambda count: few[0](few[1], count),
        "apart": lambda count: [steps(iterator, count) for steps, iterator in each],
        "one graph": lambda count: together([iterator for _, iterator in each], count),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    count = tf.constant(STEPS)
    for run in runs.values():
        run(count)
    for _ in range(ROUNDS):
        for name, run in runs.items():
            began, used = time.perf_counter(), time.process_time()
            run(count)
            wall, cpu = time.perf_counter() - began, time.process_time() - used
            times[name].append((1e3 * wall / STEPS, 1e3 * cpu / STEPS))
    return {
        name: (
            statistics.median(wall for wall, _ in found),
            statistics.median(cpu for _, cpu in found),
        )
        for name, found in times.items()
    }


def measured_with(net: str, threads: tuple[int, int]) -> dict[str, tuple[float, float]]:
    """`measure` in a process of its own with these threads."""
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    environment = {name: str(number) for name, number in zip(names, threads, strict=True)}
    done = subprocess.run(
        [sys.executable, __file__, "--net", net],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, tuple[float, float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def rows(net: str) -> list[str]:
    """The lines of a net in the table."""
    lines, base = [], 0.0
    for threads in THREADS:
        found = measured_with(net, threads)
        base = base or found["one"][0]
        for name in VARIANTS:
            wall, cpu = found[name]
            lines.append(
                f"| {net} | {threads[0]} × {threads[1]} | {name} | {wall:.2f} | {cpu:.2f} "
                f"| {wall / base:.2f} |"
            )
            print(lines[-1], flush=True)
    return lines


def main() -> None:
    """Print the table, and write it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--table", type=Path)
    parser.add_argument("--net", choices=NETS)
    arguments = parser.parse_args()
    if arguments.net:
        print(json.dumps(measure(arguments.net)))
        return
    from benchmarks.racing.machine import machine

    text = "\n".join(
        [
            "# The members of an ensemble together in one program",
            "",
            machine(),
            "",
            "    python benchmarks/members_together.py --table benchmarks/members_together.md",
            "",
            f"{MEMBERS} members, {BATCH} rows; milliseconds of a step, medians of {ROUNDS} "
            "interleaved rounds, with oneDNN. Wall times include other work on the machine.",
            "",
            "| net | threads of an operation × operations | variant | wall | CPU | of one step |",
            "|---|---|---|---:|---:|---:|",
            *(line for net in NETS for line in rows(net)),
            "",
        ]
    )
    print(text)
    if arguments.table:
        arguments.table.write_text(text)


if __name__ == "__main__":
    main()
