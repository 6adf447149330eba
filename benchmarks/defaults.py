"""Choose the language's defaults: train specs that write nothing but the required keys.

    python benchmarks/defaults.py [--table FILE]

Each row is one choice of the prior's scale, the batch size and the epochs, where a spec writes none
of them. The figures come from held-out training rows, never from test images. Rows that the table
has already are not trained again.
"""

import argparse
import itertools
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

import bnnc
from benchmarks.outcomes import machine, on

SEEDS = {"digits": (0, 1, 2), "fashion-mnist": (0,)}
HELD_OUT = 0.2
# (prior scale, batch size, epochs).
CHOICES = {
    "digits": [*itertools.product((0.1, 0.3, 1.0), (32, 128), (10,)), (1.0, 32, 20)],
    "fashion-mnist": [*itertools.product((0.1, 0.3, 1.0), (32, 128), (10,))],
}
METHODS = {
    "digits": ("none", "flipout", "rank_1", "concrete_dropout"),
    "fashion-mnist": ("none", "flipout"),
}
HEAD = """| data | method | prior scale | batch size | epochs | accuracy | NLL |
|---|---|---:|---:|---:|---:|---:|"""


@dataclass(frozen=True)
class Trial:
    """One row: a method under one choice of defaults."""

    source: str
    method: str
    prior_scale: float
    batch_size: int
    epochs: int

    @property
    def key(self) -> str:
        """The cells of the row that say what was trained."""
        return (
            f"| {self.source} | {self.method} | {self.prior_scale:g} | {self.batch_size} "
            f"| {self.epochs} |"
        )

    def spec(self, seed: int) -> dict[str, Any]:
        """A convolutional net whose training rests on these defaults."""
        dropout = [{"type": "dropout", "rate": 0.2}] if self.method == "concrete_dropout" else []
        small = self.source == "digits"
        return {
            **on(self.source),
            "layers": [
                {
                    "type": "conv2d",
                    "filters": 16,
                    "kernel_size": 3 if small else 5,
                    "padding": "same",
                    "activation": "relu",
                },
                {"type": "max_pooling2d", "pool_size": 2 if small else 4},
                {"type": "flatten"},
                *dropout,
                {"type": "dense", "units": 64, "activation": "relu"},
                {"type": "dense", "units": 10},
            ],
            "bayesian": {"method": self.method, "prior": {"scale": self.prior_scale}},
            "training": {"batch_size": self.batch_size, "epochs": self.epochs, "seed": seed},
            "data": {"source": self.source, "validation_split": HELD_OUT},
        }


def trials() -> Iterator[Trial]:
    """Every row; a deterministic model has no prior, and is trained once for all scales."""
    for source, choices in CHOICES.items():
        for method, (scale, batch_size, epochs) in itertools.product(METHODS[source], choices):
            if method != "none" or scale == choices[-1][0]:
                yield Trial(source, method, scale, batch_size, epochs)


def validated(spec: dict[str, Any]) -> tuple[float, float]:
    """Accuracy, and negative log-likelihood in nats a row, on the rows held out."""
    if spec["bayesian"]["method"] == "none":
        del spec["bayesian"]
    program = bnnc.compile(spec)
    prepared = program.prepare()
    program.train(prepared)
    assert prepared.validation is not None
    rows: Any = prepared.validation
    metrics = program.evaluate(rows.images, rows.labels)
    keras.backend.clear_session()
    return metrics["accuracy"], metrics["nll"]


def row(trial: Trial) -> str:
    """The row of the table: mean over the seeds, ± standard error where there are several."""
    outcomes = [validated(trial.spec(seed)) for seed in SEEDS[trial.source]]
    cells = []
    for values in zip(*outcomes, strict=True):
        error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else None
        cells.append(f"{statistics.mean(values):.3f}" + (f" ± {error:.3f}" if error else ""))
    return f"{trial.key} {cells[0]} | {cells[1]} |"


def main() -> None:
    """Train what the table lacks, and write it anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, help="the Markdown table to write")
    table: Path | None = parser.parse_args().table
    old = table.read_text(encoding="utf-8").splitlines() if table and table.exists() else []
    rows: list[str] = []
    for trial in trials():
        known = next((line for line in old if line.startswith(trial.key)), None)
        rows.append(known or row(trial))
        print(rows[-1], flush=True)
    if table:
        text = f"""# What the defaults rest on

{machine()} A convolution, a pooling and two dense layers; Adam with Keras's learning rate of 0.001. Figures of a fifth of the training rows, held out: the mean of three seeds ± standard error on the digits, one seed on Fashion-MNIST.

    python benchmarks/defaults.py --table benchmarks/defaults.md

{HEAD}
"""
        table.write_text(text + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
