"""What can be seen to fail is refused before TensorFlow is imported, which takes seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import bnnc
from bnnc.compiler import pipeline
from bnnc.compiler.backend.emit import emit
from bnnc.compiler.backend.lowering import lower
from bnnc.compiler.text.source import Source
from bnnc.runtime.artifacts import MODEL, make_manifest, write_manifest, write_source

SPEC = Path(bnnc.__file__).parent / "specs" / "gallery" / "digits-flipout.yaml"
HEAVY = ("tensorflow", "keras", "tensorflow_probability")
# Each command, and what its error says. {built} and {run} hold a program without weights.
COMMANDS = {
    "evaluate nosuch": "nosuch does not exist",
    "evaluate {built}": "built has no model: it was built where TensorFlow is not installed",
    "evaluate {run} --data nosuch": "nosuch: neither a known name nor an existing path",
    "evaluate {lost}": "lost-data: neither a known name nor an existing path",
    "evaluate {run} --samples 0": "Invalid value for '--samples'",
    "predict nosuch image.png": "nosuch does not exist",
    "predict {run} nosuch.png": "nosuch.png: does not exist",
    "predict {run} {spec}": "expected an image file",
    "predict {run} {spec} -o {spec}/out.csv": "cannot be written",
    "predict {run} {spec} -o nosuch/out.csv": "cannot be written",
    "build {spec} -o {spec}/out": "cannot be written",
    "build {spec} -o {folder}": "a folder with other things in it",
    "build {spec} -o {run}": "holds a trained run",
    "build {begun} -o {folder}/new": "the run of `training.initialize_from`: ",
    "train {spec} --data nosuch": "nosuch: neither a known name nor an existing path",
    "train {spec} --run {spec}/run": "cannot be written",
    "train {spec} --run {folder}": "a folder with other things in it",
    "train {spec} --run {run}": "holds a run already",
    "train {spec} --epochs 0": "Invalid value for '--epochs'",
    "train {begun}": "the run of `training.initialize_from`: ",
    "train {homeless}": "the spec names no data",
    "train {run}": "is a run that was trained already",
    "train {built}": "built has no model",
    "train --resume nosuch": "there is no run nosuch",
    "train --resume {folder}": "has no manifest.json",
    "train --resume {untrained}": "was built, not trained",
    "train --resume {lost}": "lost-data: neither a known name nor an existing path",
    "train {elsewhere}": "lost-data: neither a known name nor an existing path",
    "train --resume {run} --data nosuch": "nosuch: neither a known name nor an existing path",
    "train {homeless} --resume --run {run}": "is not the spec that",
}
PROGRAMS = ("built", "run", "untrained", "lost", "elsewhere")
RUN = """
import contextlib, io, json, sys
from bnnc.cli.app import run
ended = []
for arguments in json.loads(sys.argv[1]):
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        code = run(arguments)
    ended.append([code, said.getvalue(), sorted(set(sys.modules) & set(sys.argv[2:]))])
print(json.dumps(ended))
"""
PYTHON = """
import sys
import bnnc

for attempt in (
    lambda: bnnc.compile({"bnnc": 1, "name": "no-layers"}),
    lambda: bnnc.plan({"bnnc": 1, "name": "no-layers"}),
    lambda: bnnc.load("nosuch"),
):
    try:
        attempt()
    except bnnc.BnncError:
        pass
    else:
        raise AssertionError
for name in bnnc.__all__:
    if name.endswith(("Error", "Warning")) or name in {"Plan", "Report", "Spec"}:
        getattr(bnnc, name)
assert not set(sys.modules) & set(sys.argv[1:]), set(sys.modules) & set(sys.argv[1:])
"""


def write_folder(folder: Path, document: dict[str, object], **trained: object) -> None:
    """A folder with a program, but for its weights, which TensorFlow would have to make."""
    report = pipeline.check(Source("spec", json.dumps(document)))
    spec, plan = report.accepted(), pipeline.plan(report)
    manifest = make_manifest(spec, plan.as_json())
    folder.mkdir()
    write_source(folder, emit(spec, plan, lower(spec, plan)))
    write_manifest(folder, {**manifest, "trained": trained or None})


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("places")
    digits = yaml.safe_load(SPEC.read_text())
    trained = {
        "data": "digits",
        "digest": None,
        "rows": 1437,
        "validation_rows": 0,
        "epochs": 1,
        "batch_size": 32,
        "kl_weight": 0.001,
        "class_names": None,
    }
    write_folder(root / "built", digits)
    elsewhere = {**digits, "data": {"source": "lost-data"}}
    for name, document, noted in (
        ("run", digits, trained),
        ("untrained", digits, {}),
        ("lost", digits, {**trained, "data": "/lost-data"}),
        ("elsewhere", elsewhere, {}),
    ):
        write_folder(root / name, document, **noted)
        (root / name / MODEL).write_bytes(b"not read before TensorFlow is imported")
    homeless = {key: value for key, value in digits.items() if key != "data"}
    begun = {**digits, "training": {"initialize_from": {"run": "nosuch"}}}
    for name, document in (("spec", digits), ("homeless", homeless), ("begun", begun)):
        (root / f"{name}.json").write_text(json.dumps(document))
    (root / "folder").mkdir()
    (root / "folder" / "notes.txt").write_text("mine")
    specs = {name: str(root / f"{name}.json") for name in ("spec", "homeless", "begun")}
    folders = {name: str(root / name) for name in (*PROGRAMS, "folder")}
    return {**specs, **folders, "root": str(root)}


def test_a_command_that_cannot_succeed_says_so_without_tensorflow(places: dict[str, str]) -> None:
    commands = [[part.format(**places) for part in one.split()] for one in COMMANDS]
    ended = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(commands), *HEAVY],
        capture_output=True,
        text=True,
        check=False,
        cwd=places["root"],
    )
    assert ended.returncode == 0, ended.stderr
    for (one, expected), (code, said, imported) in zip(
        COMMANDS.items(), json.loads(ended.stdout), strict=True
    ):
        assert code == 2, (one, said)
        assert expected in said, one
        assert not imported, one


def test_python_refuses_and_names_its_errors_without_tensorflow() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PYTHON, *HEAVY], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
