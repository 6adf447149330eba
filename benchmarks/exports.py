"""Exports of the gallery: differences, sizes, latencies, and what low precision costs.

    python benchmarks/exports.py [SPEC ...] [--epochs 3] [--draws 16] [--table FILE]

Each spec of the gallery on the embedded digits is trained for few epochs, exported to every format,
and run on its test images in the format's own runtime. The latency is that of one image, in
milliseconds: the median of calls that take turns with those of the deterministic twin, the same
layers without a method.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

import bnnc
from benchmarks.outcomes import machine  # sets TensorFlow's log level
from bnnc.runtime.calibration.calibrators import mean_nll
from bnnc.runtime.data import load
from bnnc.runtime.evaluation.calibration import TopLabelCalibration
from bnnc.runtime.exporting.formats import FORMATS
from bnnc.runtime.exporting.opening import Arrays
from bnnc.runtime.exporting.preflight import Precision
from bnnc.runtime.program import Program

GALLERY = Path(__file__).resolve().parents[1] / "specs" / "gallery"
KINDS: tuple[tuple[str, Precision], ...] = (
    ("saved-model", "float32"),
    ("onnx", "float32"),
    ("litert", "float32"),
    ("litert", "float16"),
    ("litert", "int8"),
)
CALLS = 60
Run = Callable[[npt.NDArray[Any]], Arrays]


def document(spec: str, epochs: int) -> dict[str, Any]:
    """The spec with few epochs."""
    made: dict[str, Any] = yaml.safe_load((GALLERY / f"{spec}.yaml").read_text())
    made.setdefault("training", {})["epochs"] = epochs
    made["training"].pop("early_stopping", None)
    return made


def deterministic(made: dict[str, Any]) -> dict[str, Any]:
    """The same layers without a method, in one model."""
    twin = {key: one for key, one in made.items() if key not in {"bayesian", "ensemble"}}
    twin["layers"] = [
        {key: one for key, one in layer.items() if key != "bayesian"} for layer in made["layers"]
    ]
    twin["loss"] = {key: one for key, one in made.get("loss", {}).items() if key != "kl"}
    return {key: one for key, one in twin.items() if one != {}}


def exported(program: Program, form: str, precision: Precision, draws: int) -> tuple[Any, Run]:
    """What was exported, and its function; the files go when the process ends."""
    folder = Path(tempfile.mkdtemp())
    made = program.export(folder / "made", form, samples=draws, precision=precision)
    run = FORMATS[form].open(folder / "made")
    assert run is not None
    shutil.rmtree(folder)
    return made, run


def latencies(runs: Sequence[Run], image: npt.NDArray[Any]) -> list[float]:
    """Median milliseconds of each function for one image, taking turns."""
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(CALLS):
        for place, run in enumerate(runs):
            start = time.perf_counter()
            run(image)
            times[place].append(1000 * (time.perf_counter() - start))
    return [statistics.median(one[5:]) for one in times]


def scores(made: Arrays, labels: npt.NDArray[Any]) -> tuple[float, float] | None:
    """NLL and ECE of class probabilities; None of numbers and label sets."""
    if "label" not in made or labels.ndim != 1:
        return None
    errors = TopLabelCalibration(made["confidence"], made["label"] == labels)
    nll = mean_nll(made["probs"], labels.astype(int))
    return nll, float(errors(np.ones((len(labels), 1)))["ece"][0])


def rows_of(spec: str, epochs: int, draws: int) -> list[str]:
    """The rows of one spec."""
    made = document(spec, epochs)
    program = bnnc.compile(made)
    program.fit(verbose=0)
    twin = bnnc.compile(deterministic(made))
    test = load(made["data"]["source"]).test
    assert test is not None
    images, labels = test.images[:200].astype(np.float32), np.asarray(test.labels[:200])
    rows = []
    for form, precision in KINDS:
        start = time.perf_counter()
        export, run = exported(program, form, precision, draws)
        seconds = time.perf_counter() - start
        twin_export, twin_run = exported(twin, form, precision, 1)
        mine, other = latencies([run, twin_run], images[:1])
        found = scores(run(images), labels)
        cells = [
            *(spec, form, precision, f"{export.difference:.0e}", f"{export.size / 1000:,.0f}"),
            f"{export.size / twin_export.size:.1f}",
            *(f"{mine:.2f}", f"{mine / other:.1f}", f"{seconds:.1f}"),
            *(("", "") if found is None else (f"{found[0]:.4f}", f"{found[1]:.4f}")),
        ]
        rows.append("| " + " | ".join(cells) + " |")
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("specs", nargs="*")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--draws", type=int, default=16)
    parser.add_argument("--table", type=Path)
    given = parser.parse_args()
    names = given.specs or sorted(one.stem for one in GALLERY.glob("digits-*.yaml"))
    rows: list[str] = []
    for name in names:
        rows += rows_of(name, given.epochs, given.draws)
        if given.table is not None:  # after each: all of them take minutes
            given.table.write_text(table(rows, given.epochs, given.draws), encoding="utf-8")


def table(rows: Sequence[str], epochs: int, draws: int) -> str:
    """The page with these rows."""
    return "\n".join(
        [
            "# Exports",
            "",
            f"{machine()} Specs of the gallery, trained for {epochs} epochs and exported with {draws} "
            "draws of each model. Difference: the largest of any output to `program.predict`, on "
            "eight images; of numbers relative to their size. Size of the files and latency of one "
            "image, and both as multiples of the deterministic twin's. Seconds to export and "
            "compare. NLL and ECE of the first 200 test images.",
            "",
            "    python benchmarks/exports.py --table benchmarks/exports.md",
            "",
            "| spec | format | precision | difference | kB | of the twin | ms | of the twin | s | NLL | ECE |",
            "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    main()
