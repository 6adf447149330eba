"""What a training costs each of several workers: CPU time of a step, and bytes, against one process.

    python benchmarks/workers.py [--table FILE]

The workers are processes of this machine, on 127.0.0.1, and share the batch. CPU time is that of a
process between two moments of its training, so it depends little on what else runs here. Bytes are
those that the loopback interface counts meanwhile, divided by the workers.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # wherever this is run from
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tests.support.cluster import free_ports

ROWS, EPOCHS = 2048, 3
SPEC: dict[str, Any] = {
    "bnnc": 1,
    "name": "lenet5",
    "input": {"shape": [28, 28, 1]},
    "layers": [
        {"type": "conv2d", "filters": 6, "kernel_size": 5, "padding": "same", "activation": "relu"},
        {"type": "max_pooling2d"},
        {"type": "conv2d", "filters": 16, "kernel_size": 5, "activation": "relu"},
        {"type": "max_pooling2d"},
        {"type": "flatten"},
        {"type": "dense", "units": 120, "activation": "relu"},
        {"type": "dense", "units": 84, "activation": "relu"},
        {"type": "dense", "units": 10},
    ],
    "bayesian": {"method": "flipout"},
    "output": {
        "distribution": "categorical",
        "parameterization": "logits",
        "classes": 10,
        "labels": "integer",
    },
    "training": {"batch_size": 128, "epochs": EPOCHS, "seed": 1},
}


def loopback_bytes() -> int:
    """Bytes that the loopback interface has received."""
    lines = Path("/proc/net/dev").read_text().splitlines()
    return int(next(one for one in lines if one.strip().startswith("lo:")).split()[1])


def train() -> None:
    """Train as one worker, and print what the epochs after the first one took."""
    import keras
    import numpy as np

    import bnnc

    program = bnnc.compile(SPEC)
    generator = np.random.default_rng(0)
    images = generator.uniform(0, 255, (ROWS, 28, 28, 1)).astype(np.float32)
    labels = generator.integers(0, 10, ROWS)
    moments: list[tuple[float, int, float]] = []

    def note(epoch: int, logs: Any) -> None:
        moments.append((time.process_time(), loopback_bytes(), time.perf_counter()))

    watch = keras.callbacks.LambdaCallback(on_epoch_end=note)
    history = program.fit(images, labels, callbacks=[watch], verbose=0).history
    steps = (EPOCHS - 1) * ROWS // SPEC["training"]["batch_size"]
    (cpu, sent, wall), (cpu_before, sent_before, wall_before) = moments[-1], moments[0]
    print(
        json.dumps(
            {
                "cpu": (cpu - cpu_before) / steps,
                "bytes": (sent - sent_before) / steps,
                "wall": (wall - wall_before) / steps,
                "loss": history["loss"][-1],
            }
        )
    )


def together(workers: int) -> list[dict[str, float]]:
    """What each of so many workers prints."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(workers)]
    processes = []
    for index in range(workers):
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        processes.append(
            subprocess.Popen(
                [sys.executable, __file__, "--train"],
                env={**os.environ, "TF_CONFIG": json.dumps(task)},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
    return [json.loads(one.communicate()[0].splitlines()[-1]) for one in processes]


def main() -> None:
    """Train on 1, 2 and 4 workers, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--train", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.train:
        train()
        return
    import bnnc
    from benchmarks.racing.machine import machine
    from bnnc.compiler.planning.scaling import gradient_bytes

    gradients = gradient_bytes(bnnc.plan(SPEC)) / 1024
    lines = [
        "# Workers against one process",
        "",
        machine(),
        "",
        "    python benchmarks/workers.py --table benchmarks/workers.md",
        "",
        "LeNet-5 under flipout, a batch of 128 rows that the workers divide, all on this machine. The "
        "time of a step is that of a machine on which other programs run too. A ring sends 2 (n - 1) / n "
        f"times the gradients, which are {gradients:,.0f} KiB. The losses are of the last epoch: what "
        "the rounding of sums changes grows with the steps.",
        "",
        "| workers | CPU time of a step, ms, each | of all | KiB a step, each | of a ring | time of a step, ms | loss |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for workers in (1, 2, 4):
        found = together(workers)
        cpu = [one["cpu"] for one in found]
        sent = 0.0 if workers == 1 else found[0]["bytes"] / workers / 1024
        lines.append(
            f"| {workers} | {1000 * sum(cpu) / workers:.1f} | {1000 * sum(cpu):.1f} | {sent:,.0f} | "
            f"{2 * (workers - 1) / workers * gradients:,.0f} | "
            f"{1000 * found[0]['wall']:.1f} | {found[0]['loss']:.7g} |"
        )
        print(lines[-1], flush=True)
    if arguments.table:
        arguments.table.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
