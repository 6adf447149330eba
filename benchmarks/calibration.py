"""How wide the priors of calibrators should be, on training rows alone.

    python benchmarks/calibration.py [--seeds 6] [--table FILE]

A small convolutional network is trained on some training rows of a data set; calibrators are fitted
to some of the others, and scored by the NLL of the rest. No test image is used. Shown are the mean
and the worst change of the NLL over seeds and methods, in nats: below 0 the calibration helps.
"""

from __future__ import annotations

import argparse
import statistics
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

import bnnc
from benchmarks.outcomes import machine  # sets TensorFlow's log level
from bnnc.runtime.calibration import calibrators
from bnnc.runtime.calibration.calibrators import fit_calibrator, mean_nll
from bnnc.runtime.data import load
from bnnc.specs.calibration import CalibrationMethod

# Rows to train on, and the highest value of a pixel.
SOURCES = {"digits": (700, 16), "fashion-mnist": (3000, 255)}
HELD_OUT, SCORED = (35, 70, 150, 300), 1500
METHODS = ("flipout", "mc_dropout")
# Factors without a prior may be infinite: 10 is as good as none.
SCALES = (0.1, 0.2, 0.3, 0.5, 1.0, 10.0)
CALIBRATORS: dict[CalibrationMethod, str] = {
    "temperature": "TEMPERATURE_PRIOR",
    "vector": "VECTOR_PRIOR",
    "dirichlet": "DIRICHLET_PRIOR",
}


def spec(source: str, method: str, seed: int) -> dict[str, Any]:
    """A small network on a data set."""
    shape = load(source).train.images.shape[1:]
    dropout = [{"type": "dropout", "rate": 0.3}] if method == "mc_dropout" else []
    return {
        "bnnc": 1,
        "name": "calibrated",
        "input": {"shape": list(shape), "value_range": [0, SOURCES[source][1]]},
        "layers": [
            {"type": "conv2d", "filters": 16, "kernel_size": 3, "activation": "relu"},
            {"type": "max_pooling2d"},
            {"type": "flatten"},
            *dropout,
            {"type": "dense", "units": 10},
        ],
        "bayesian": {"method": method},
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 10,
            "labels": "integer",
        },
        "training": {
            "optimizer": {"type": "adam", "learning_rate": 0.01},
            "epochs": 8 if source == "digits" else 4,
            "seed": seed,
        },
    }


def changes(source: str, method: str, seed: int) -> dict[tuple[str, int, float], float]:
    """The change of the NLL by calibrator, rows that it is fitted to, and width of its prior."""
    train = load(source).train
    rows = SOURCES[source][0]
    order = np.random.default_rng(seed).permutation(len(train.images))
    some, held_out, scored = np.split(
        order[: rows + max(HELD_OUT) + SCORED], [rows, rows + max(HELD_OUT)]
    )
    program = bnnc.compile(spec(source, method, seed))
    program.fit(train.images[some], train.labels[some], verbose=0)
    predicted: list[Any] = [program.predict(train.images[one]) for one in (held_out, scored)]
    probs, of_scored = (one.probs for one in predicted)
    before = mean_nll(of_scored, train.labels[scored])
    found: dict[tuple[str, int, float], float] = {}
    for count in HELD_OUT:
        labels = train.labels[held_out][:count]
        for calibrator, constant in CALIBRATORS.items():
            chosen = getattr(calibrators, constant)
            for scale in SCALES:
                setattr(calibrators, constant, scale)
                fitted = fit_calibrator(calibrator, probs[:count], labels)
                after = mean_nll(fitted(of_scored), train.labels[scored])
                found[calibrator, count, scale] = after - before
            setattr(calibrators, constant, chosen)
    return found


def main() -> None:
    """Measure, print, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--table", type=Path)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    lines = [
        "# The priors of calibrators\n",
        f"{machine()} Change of the NLL in nats by a calibrator that is fitted to some held-out "
        f"rows: the mean, and in brackets the highest, over {given.seeds} seeds of flipout and of "
        "Monte Carlo dropout. Training rows alone are used. The priors are normal: of log T around 0 "
        "for `temperature`, of factors and biases around temperature scaling for `vector` and "
        "`dirichlet`.\n",
        "    python benchmarks/calibration.py --table benchmarks/calibration.md\n",
        "| data | calibrator | rows | " + " | ".join(f"{scale:g}" for scale in SCALES) + " |",
        "|---|---|---:|" + "---:|" * len(SCALES),
    ]
    for source in SOURCES:
        found: defaultdict[tuple[str, int, float], list[float]] = defaultdict(list)
        for seed in range(given.seeds):
            for method in METHODS:
                for key, change in changes(source, method, seed).items():
                    found[key].append(change)
        for calibrator in CALIBRATORS:
            for count in HELD_OUT:
                cells = [
                    f"{statistics.mean(found[calibrator, count, scale]):+.3f} "
                    f"({max(found[calibrator, count, scale]):+.3f})"
                    for scale in SCALES
                ]
                lines.append(f"| {source} | {calibrator} | {count} | {' | '.join(cells)} |")
    print("\n".join(lines))
    if given.table is not None:
        given.table.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
