"""What TensorFlow's oneDNN operations save, which it leaves off on some processors.

    python benchmarks/onednn.py [--rounds N] [--table benchmarks/onednn.md]

Each round trains a LeNet-5 for some steps without it and with it, in processes of their own, so that
both have the machine at its best and at its worst. Shown are the medians of the milliseconds of a
step, and the median of the ratios.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # wherever this is run from

import bnnc
from benchmarks.methods import BATCH, STEPS, spec, steps_of
from benchmarks.outcomes import machine
from bnnc.runtime.tensorflow_internals import uses_onednn

METHODS = ("none", "flipout", "reparameterization", "antithetic")
CALLS = 3


def measured(name: str) -> float:
    """Milliseconds of a step of LeNet-5 under a method, in this process."""
    run = steps_of(bnnc.compile(spec(name)))
    run()
    began = time.perf_counter()
    for _ in range(CALLS):
        run()
    return 1000 * (time.perf_counter() - began) / (CALLS * STEPS)


def in_a_process(name: str, setting: str) -> float:
    """The same in a process of its own, with oneDNN or without it."""
    done = subprocess.run(
        [sys.executable, __file__, "--only", name],
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": setting},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.splitlines()[-1])


def table(rounds: int) -> str:
    """The table as text."""
    found = {
        name: [tuple(in_a_process(name, setting) for setting in "01") for _ in range(rounds)]
        for name in METHODS
    }
    default = "uses" if uses_onednn() else "does not use"
    lines = [
        "# What oneDNN saves",
        "",
        f"LeNet-5, batches of {BATCH}; milliseconds of a training step. By default "
        f"TensorFlow {default} oneDNN on this processor. Medians of {rounds} rounds, each with processes of its own. "
        f"{machine()}",
        "",
        "    python benchmarks/onednn.py --table benchmarks/onednn.md",
        "",
        "| method | without | with it | ratio |",
        "|---|---:|---:|---:|",
    ]
    for name, times in found.items():
        without, with_it = (statistics.median(column) for column in zip(*times, strict=True))
        ratio = statistics.median(one / other for one, other in times)
        lines.append(f"| `{name}` | {without:.1f} | {with_it:.1f} | {ratio:.2f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--table", type=Path, help="Markdown file to write")
    parser.add_argument("--only", metavar="METHOD", help="print the milliseconds of one, and end")
    arguments = parser.parse_args()
    if arguments.only is not None:
        print(measured(arguments.only))
        return
    text = table(arguments.rounds)
    print(text)
    if arguments.table is not None:
        arguments.table.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
