"""How often `bnnc doctor` names a planted fault, and what it finds in runs without one.

    python benchmarks/doctor.py measure FILE [--runs N] [--healthy N] [--first SEED] [--only TEXT]
    python benchmarks/doctor.py follow FILE
    python benchmarks/doctor.py table FILE [--table FILE]

`measure` trains, and appends the evidence of each run to a file of JSON lines: every fault of
`benchmarks/planted.py` with N seeds, N specs that the faults are planted into without a fault, N
random specs that the checker has no finding about, and the gallery. `follow` trains the runs without
a planted fault, in which something is found, again with the first change that is proposed. `table`
diagnoses the evidence. What FILE has already is not trained again. An hour on two cores, without the
gallery; half an hour more with it.

Thresholds and proposals were chosen on seeds below 5000: the default is the first of the others.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import random
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.outcomes import machine  # sets TensorFlow's log level

import keras  # isort: skip
import tensorflow as tf  # isort: skip

import bnnc
from benchmarks.doctor_table import write_table
from benchmarks.gallery import STAND_INS
from benchmarks.gallery import gallery as gallery_specs
from benchmarks.learnability import findings, random_spec
from benchmarks.planted import FAULTS, Data, base
from bnnc.compiler.checking.fixes import apply
from bnnc.compiler.diagnosis.diagnose import diagnose
from bnnc.compiler.language.spec_text import spec_text
from bnnc.compiler.pipeline import check
from bnnc.compiler.report import Report
from bnnc.compiler.text.source import Source
from bnnc.errors import DivergedError
from bnnc.runtime.calibration.calibrators import fit_calibrator, mean_nll
from bnnc.runtime.data import load
from bnnc.runtime.diagnosis.evidence import Evidence, Scores
from bnnc.runtime.diagnosis.measure import held_out_rows, measure
from bnnc.specs import Spec

MOST_ROWS, MOST_TEST_ROWS = 2000, 1000
SOURCES = ("digits", "fashion-mnist")


@dataclass(frozen=True)
class Run:
    """A run to make: what it is of, its seed, and what makes its spec, and its data if it is not
    that of the spec."""

    of: str
    seed: int
    make: Callable[[], tuple[dict[str, Any], Data | None]]

    @property
    def key(self) -> str:
        """Its name in the file."""
        return f"{self.of} {self.seed}"


def runs(faults: int, healthy: int, first: int) -> Iterator[Run]:
    """Every run, those with a planted fault first."""
    for seed in range(first, first + faults):
        for fault in FAULTS:
            yield Run(fault.name, seed, partial(planted, fault.name, seed))
    for seed in range(first, first + healthy):
        yield Run("planted into", seed, partial(planted, "", seed))
    for seed in itertools.islice(right_seeds(first), healthy):
        yield Run("random", seed, partial(_with_own_data, random_spec, seed))
    for name in gallery_specs() if healthy else ():
        yield Run(f"gallery {name}", first, partial(_with_own_data, of_gallery, name))


def _with_own_data(make: Callable[[Any], dict[str, Any]], of: Any) -> tuple[dict[str, Any], None]:
    return make(of), None


def planted(name: str, seed: int) -> tuple[dict[str, Any], Data]:
    """A spec and its data, with the fault of a name; without a name, with none."""
    draw = random.Random(f"{name or 'healthy'} {seed}")
    source = SOURCES[seed % 2]
    data = rows_of(source)
    fault = next((one for one in FAULTS if one.name == name), None)
    if fault is None:
        return base(draw, source), data
    spec = base(draw, source, fault.methods)
    fault.change(spec, data, draw)
    return spec, data


def rows_of(source: str) -> Data:
    """All rows of digits; 2,000 of others, and 1,000 test rows."""
    dataset = load(source)
    train, test = dataset.train, dataset.test
    assert test is not None
    count = len(train.images) if source == "digits" else MOST_ROWS
    return Data(
        train.images[:count],
        np.asarray(train.labels[:count]).astype(np.int64),
        test.images[:MOST_TEST_ROWS],
        np.asarray(test.labels[:MOST_TEST_ROWS]).astype(np.int64),
    )


def right_seeds(first: int) -> Iterator[int]:
    """Seeds of random specs that the checker has no finding about."""
    for seed in itertools.count(first):
        report = bnnc.check(random_spec(seed))
        if report.ok and not findings(report):
            yield seed


def of_gallery(name: str) -> dict[str, Any]:
    """A spec of the gallery; those of CIFAR-10 for other images, as in `benchmarks/gallery.py`."""
    report = bnnc.check(gallery_specs()[name], set=STAND_INS.get(name))
    document: dict[str, Any] = json.loads(report.accepted().model_dump_json())
    return document


@dataclass
class Trained:
    """A program after its training, with what is measured of it."""

    program: Any
    start: Any
    prepared: Any
    held_out: Any
    history: list[dict[str, float]]


@contextmanager
def trained(spec: dict[str, Any], data: Data | None) -> Iterator[Trained]:
    """Train a spec."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        name = spec["data"]["source"]
        if data is not None:
            name = str(Path(folder) / "data.npz")
            np.savez(name, **vars(data))
        named = {**spec, "data": {**spec["data"], "source": name}}
        program, start = bnnc.compile(named), bnnc.compile(named)
        prepared = program.prepare()
        first = [[np.asarray(one) for one in model.weights] for model in program.models]
        history: list[dict[str, float]] = []
        try:
            for number, member in enumerate(program.members):
                keep = keras.callbacks.LambdaCallback(on_epoch_end=partial(_keep, history, number))
                order = prepared.in_order_of(member.spec.training.seed)
                program.note_training(prepared, member.spec.training.epochs)
                member.train(order, callbacks=[keep])
        except DivergedError as error:
            program.manifest["diverged"] = {"epoch": error.epoch, "step": error.step}
            for model, values in zip(program.models, first, strict=True):
                for variable, value in zip(model.weights, values, strict=True):
                    variable.assign(value)
        held_out = None if prepared.validation is not None else held_out_rows(program, name)
        yield Trained(program, start, prepared, held_out, history)


def record_of(spec: dict[str, Any], data: Data | None) -> dict[str, Any]:
    """Train a spec and measure the run."""
    with trained(spec, data) as run:
        began = time.perf_counter()
        found = measure(run.program, run.history, run.prepared, run.held_out, run.start)
        return {
            "spec": spec,
            "seconds": time.perf_counter() - began,
            "evidence": [one.to_dict() for one in found],
        }


def calibrated_nll(spec: dict[str, Any], data: Data | None) -> tuple[float, float]:
    """The held-out NLL of a run, and that of each half with the temperature of the other half."""
    with trained(spec, data) as run:
        rows = run.prepared.validation
        images, labels = run.held_out if rows is None else (rows.images, rows.labels)
        probs = run.program.predict(images, calibrated=False).probs
        classes = run.program.model.objective.output.class_indices(tf.convert_to_tensor(labels))
        halves = [np.arange(first, len(probs), 2) for first in (0, 1)]
        before = after = 0.0
        for one, other in (halves, halves[::-1]):
            fitted = fit_calibrator("temperature", probs[other], classes.numpy()[other])
            share = len(one) / len(probs)
            before += share * mean_nll(probs[one], classes.numpy()[one])
            after += share * mean_nll(fitted(probs[one]), classes.numpy()[one])
        return before, after


def _keep(history: list[Any], member: int, epoch: int, logs: dict[str, float]) -> None:
    history.append({"epoch": epoch + 1, "member": member, **logs})


def diagnosed(record: dict[str, Any]) -> tuple[Report, list[Evidence], list[Any]]:
    """The report of a record's spec, its evidence, and what doctor finds."""
    spec = record["spec"]
    if not record["of"].startswith(("random", "gallery")):
        # The data was not what the name says.
        spec = {**spec, "data": {**spec["data"], "source": "data.npz"}}
    text = spec_text(Spec.from_json(json.dumps(spec)))
    report = check(Source("spec.yaml", text))
    evidence = [Evidence.from_dict(one) for one in record["evidence"]]
    return report, evidence, list(diagnose(report, evidence))


def follow(record: dict[str, Any], data: Data | None) -> dict[str, Any] | None:
    """Train again with the first change that doctor proposes; None if nothing is found."""
    report, evidence, found = diagnosed(record)
    if not found:
        return None
    code = found[0].code
    fix = next((fix for one in found for fix in one.fixes), None)
    if fix is None:
        return {"code": code, "change": None}
    if "calibration" in fix.description:
        numbers = calibrated_nll(record["spec"], data)
        outcome = dict(zip(("before", "after"), numbers, strict=True))
        return {"code": code, "change": fix.description, **outcome}
    document = _as_document(apply(report.source.text, fix.edits))
    document["data"]["source"] = record["spec"]["data"]["source"]
    again = record_of(document, data)
    after = Evidence.from_dict(again["evidence"][-1]).held_out
    scores = evidence[-1].held_out
    assert scores is not None
    return {
        "code": code,
        "change": fix.description,
        "before": _judged(scores, code),
        "after": None if after is None else _judged(after, code),
    }


def _judged(scores: Scores, code: str) -> float:
    """What a change is to lower: the NLL, or its standard error if the draws are too few."""
    return scores.nll_error_of_draws if code == "BNN834" else scores.nll_at_draws


def _as_document(text: str) -> dict[str, Any]:
    # As bnnc reads it: YAML 1.1 takes 1e-05 for text.
    document: dict[str, Any] = json.loads(
        check(Source("spec.yaml", text)).accepted().model_dump_json()
    )
    return document


def read(file: Path) -> dict[str, dict[str, Any]]:
    """The records of a file by their keys."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {record["key"]: record for record in map(json.loads, lines)}


def append(file: Path, record: dict[str, Any]) -> None:
    """Write a record behind the others."""
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(record) + "\n")


def main() -> None:
    """Measure, follow, or write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("command", choices=("measure", "follow", "table"))
    parser.add_argument("file", type=Path, help="the evidence, as JSON lines")
    parser.add_argument("--runs", type=int, default=10, help="runs of each fault")
    parser.add_argument("--healthy", type=int, default=100, help="runs of each kind without one")
    parser.add_argument("--first", type=int, default=5000, help="the first seed")
    parser.add_argument("--only", default="", help="only what has this text in its name")
    parser.add_argument("--table", type=Path, help="a Markdown file to write")
    given = parser.parse_args()
    records = read(given.file)
    followed_file = given.file.with_suffix(".followed.jsonl")
    followed = read(followed_file)
    if given.command == "table":
        text = write_table(machine(), records, followed, diagnosed)
        print(text)
        if given.table is not None:
            given.table.write_text(text, encoding="utf-8")
        return
    for run in runs(given.runs, given.healthy, given.first):
        is_done = run.key in (records if given.command == "measure" else followed)
        if given.only not in run.of or is_done:
            continue
        began = time.perf_counter()
        if given.command == "measure":
            append(given.file, {"key": run.key, "of": run.of, **record_of(*run.make())})
        elif run.key in records and run.of not in {one.name for one in FAULTS}:
            outcome = follow(records[run.key], run.make()[1])
            if outcome is None:
                continue
            append(followed_file, {"key": run.key, **outcome})
            print(outcome)
        else:
            continue
        print(f"{run.key}: {time.perf_counter() - began:.1f} s", flush=True)
        # Hundreds of models in one process: their graphs would fill the memory.
        keras.backend.clear_session()
        gc.collect()


if __name__ == "__main__":
    main()
