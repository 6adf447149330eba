"""How often `bnnc doctor` names a planted fault, and how often it finds one in a healthy run.

    python benchmarks/doctor.py measure FILE [--runs N] [--first SEED] [--healthy N] [--only TEXT]
    python benchmarks/doctor.py table FILE

`measure` trains, and appends the evidence of each run to a file of JSON lines; a second call goes on
behind the last line. `table` diagnoses the evidence. Thresholds are chosen on seeds from 1000 on,
and the table is of seeds from 0 on.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import tempfile
import time
import warnings
from copy import deepcopy
from pathlib import Path
from typing import Any

import keras
import numpy as np

import bnnc
from benchmarks.learnability import findings, random_spec
from benchmarks.outcomes import linear_accuracy, machine  # noqa: F401 - sets TensorFlow's log level
from benchmarks.planted import FAULTS, Data, base
from bnnc.errors import DivergedError
from bnnc.runtime.data import load
from bnnc.runtime.diagnosis.measure import held_out_rows, measure

FASHION_ROWS = 2000


def rows_of(source: str) -> Data:
    """Rows of a named source: all of digits, 2,000 of others; at most 1,000 test rows."""
    dataset = load(source)
    test = dataset.test
    assert test is not None
    train = dataset.train
    count = FASHION_ROWS if source != "digits" else len(train.images)
    return Data(
        train.images[:count],
        np.asarray(train.labels[:count]).astype(np.int64),
        test.images[:1000],
        np.asarray(test.labels[:1000]).astype(np.int64),
    )


def evidence_of(spec: dict[str, Any], data: Data | None) -> dict[str, Any]:
    """Train a spec and measure the run."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if data is not None:
            path = Path(folder) / "data.npz"
            np.savez(
                path,
                x_train=data.x_train,
                y_train=data.y_train,
                x_test=data.x_test,
                y_test=data.y_test,
            )
            spec = {**spec, "data": {**spec["data"], "source": str(path)}}
        report = bnnc.check(spec)
        if not report.ok:
            return {"refused": [one.code for one in report.diagnostics]}
        program, start = bnnc.compile(spec), bnnc.compile(spec)
        history: list[dict[str, float]] = []
        keep = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: history.append({"epoch": epoch + 1, **logs})
        )
        prepared = program.prepare()
        first = [np.asarray(one) for one in program.model.weights]
        try:
            program.train(prepared, callbacks=[keep])
        except DivergedError as error:
            program.manifest["diverged"] = {"epoch": error.epoch, "step": error.step}
            for variable, value in zip(program.model.weights, first, strict=True):
                variable.assign(value)
        held_out = held_out_rows(program, spec["data"]["source"])
        began = time.perf_counter()
        found = measure(program, history, prepared, held_out, start)
        return {
            "spec": spec,
            "codes": [one.code for one in report.diagnostics],
            "seconds": time.perf_counter() - began,
            "evidence": [one.to_dict() for one in found],
        }


def run(name: str, seed: int) -> dict[str, Any]:
    """One planted run."""
    fault = next(one for one in FAULTS if one.name == name)
    draw = random.Random(f"{name} {seed}")
    source = ("digits", "fashion-mnist")[seed % 2]
    spec, data = base(draw, source, fault.methods), rows_of(source)
    fault.change(spec, data, draw)
    return evidence_of(spec, data)


def healthy(seed: int) -> dict[str, Any]:
    """One run of a spec without a fault."""
    draw = random.Random(f"healthy {seed}")
    source = ("digits", "fashion-mnist")[seed % 2]
    return evidence_of(base(draw, source), rows_of(source))


def right_specs(first: int) -> Any:
    """Random specs of `benchmarks/learnability.py` that the checker has no finding about."""
    seed = first
    while True:
        spec = random_spec(seed)
        report = bnnc.check(deepcopy(spec))
        if report.ok and not findings(report):
            yield seed, spec
        seed += 1


def measure_all(file: Path, runs: int, first: int, count: int, only: str) -> None:
    """Make every run that is not in the file, and append its evidence."""
    done = set()
    if file.exists():
        done = {tuple(json.loads(line)["key"]) for line in file.read_text().splitlines()}
    tasks: list[tuple[tuple[str, int], Any]] = []
    for seed in range(first, first + runs):
        for fault in FAULTS:
            tasks.append(((fault.name, seed), lambda n=fault.name, s=seed: run(n, s)))
    for seed in range(first, first + count):
        tasks.append((("healthy", seed), lambda s=seed: healthy(s)))
    if count:
        for (seed, spec), _number in zip(right_specs(first), range(count), strict=False):
            tasks.append((("random", seed), lambda s=spec: evidence_of(s, None)))
    if count:
        for path in sorted(Path("specs/gallery").glob("*.yaml")):
            for seed in (first,):
                tasks.append(((f"gallery {path.stem}", seed), lambda p=path: gallery(p)))
    for key, task in tasks:
        if key in done or only not in key[0]:
            continue
        began = time.perf_counter()
        try:
            record = task()
        except Exception as error:  # noqa: BLE001 - a run that cannot be made is part of the result
            record = {"error": repr(error)}
        with file.open("a") as out:
            out.write(json.dumps({"key": key, **record}) + "\n")
        print(
            f"{key}: {time.perf_counter() - began:.1f} s",
            record.get("error", ""),
            record.get("refused", ""),
            flush=True,
        )
        keras.backend.clear_session()
        gc.collect()


def gallery(path: Path) -> dict[str, Any]:
    """One run of a spec of the gallery, on small data."""
    import yaml

    spec = yaml.safe_load(path.read_text())
    if "extends" in spec or spec["data"]["source"] not in ("digits", "fashion-mnist"):
        return {"refused": ["not here"]}
    source = spec["data"]["source"]
    data = None
    if source != "digits":
        data = rows_of(source)
    return evidence_of(spec, data)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("file", type=Path)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--healthy", type=int, default=0)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    measure_all(given.file, given.runs, given.first, given.healthy, given.only)
