"""What labels that are not standardised cost, and what learning rate a scale an image bears.

    python benchmarks/regression.py [--table FILE]

The digit in an image as a real number: mean 4.5, standard deviation 2.9. Thirty epochs of the
gallery's net, three seeds; half an hour on two cores. The thresholds of BNN503 for normal noise
whose scale is an output, and of the warning about labels that are far from standard, rest on it.
"""

import argparse
import math
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bnnc
from benchmarks.outcomes import machine, on
from bnnc.errors import DivergedError

SEEDS = (0, 1, 2)
RATES = (0.001, 0.003, 0.01, 0.02, 0.03)
NOISE: dict[str, dict[str, Any]] = {
    "normal, a scale an image": {
        "distribution": "normal",
        "parameterization": "loc_and_unconstrained_scale",
    },
    "normal, one learned scale": {
        "distribution": "normal",
        "parameterization": "loc",
        "scale": "learned",
    },
    "student_t": {"distribution": "student_t", "parameterization": "loc_and_unconstrained_scale"},
}
MEAN, STD = 4.5, 2.9
# Mean and standard deviation of the labels as the model counts them; the first is standard.
COUNTED = ((0, 1), (1, 1), (3, 1), (10, 1), (0, 0.03), (0, 0.1), (0, 0.3), (0, 3), (0, 10))


def trials() -> Iterator[tuple[str, dict[str, Any]]]:
    """The first cells of each row, and its spec."""
    for noise in NOISE:
        for rate in RATES:
            yield trial(noise, rate, 0, 1)
        for mean, std in COUNTED[1:]:
            yield trial(noise, 0.003, mean, std)


def trial(noise: str, rate: float, mean: float, std: float) -> tuple[str, dict[str, Any]]:
    """A row whose labels have this mean and standard deviation for the model."""
    output = NOISE[noise]
    unit = STD / std
    spec = {
        **on("digits"),
        "layers": [
            {"type": "conv2d", "filters": 16, "kernel_size": 3, "activation": "relu"},
            {"type": "flatten"},
            {"type": "dense", "units": 1 if "scale" in output else 2},
        ],
        "bayesian": {"method": "flipout", "prior": {"scale": 1.0}},
        "output": {
            **output,
            "labels": "real",
            "label_mean": MEAN - mean * unit,
            "label_std": unit,
        },
        "training": {
            "optimizer": {"type": "adam", "learning_rate": rate},
            "batch_size": 64,
            "epochs": 30,
        },
    }
    return f"| {noise} | {mean:g} | {std:g} | {rate:g} |", spec


def reached(spec: dict[str, Any], seed: int) -> tuple[float, float]:
    """Test NLL and RMSE after training with a seed."""
    program = bnnc.compile({**spec, "training": {**spec["training"], "seed": seed}})
    try:
        program.fit(verbose=0)
    except DivergedError:
        return math.inf, math.inf
    metrics = program.evaluate()
    return metrics["nll"], metrics["rmse"]


def cells(values: list[float]) -> str:
    """Mean and standard error."""
    mean = statistics.fmean(values)
    if not math.isfinite(mean):
        return f" {mean} |"
    return f" {mean:.3g} ± {statistics.stdev(values) / math.sqrt(len(values)):.2g} |"


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--table", type=Path, help="Markdown file to write")
    arguments = parser.parse_args()
    lines = [
        "# The digit in an image as a real number",
        "",
        f"{machine()} Thirty epochs, three seeds, mean ± standard error on the test images. A guess "
        "of the mean has an RMSE of 2.9 and an NLL of 2.5. Mean and standard deviation are those of "
        "the labels as the model counts them, from `label_mean` in units of `label_std`; NLL and "
        "RMSE are in the labels' own units.",
        "",
        "    python benchmarks/regression.py --table benchmarks/regression.md",
        "",
        "| noise | mean | standard deviation | Adam's rate | NLL | RMSE |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    print("\n".join(lines), flush=True)
    for first, spec in trials():
        nll, rmse = zip(*(reached(spec, seed) for seed in SEEDS), strict=True)
        lines.append(first + cells(list(nll)) + cells(list(rmse)))
        print(lines[-1], flush=True)
        if arguments.table:
            arguments.table.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
