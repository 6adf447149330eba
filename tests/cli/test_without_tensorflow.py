"""What `pip install bnnc` does without TensorFlow, and what it says of the rest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import bnnc
from tests.cli.without_tensorflow import ROOT, installed_distributions

GALLERY = ROOT / "specs/gallery"
SPEC = str(GALLERY / "digits-flipout.yaml")
TF = "`pip install 'bnnc[tf]'`"


def light(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.cli.without_tensorflow", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_plain_install_has_neither_tensorflow_nor_numpy() -> None:
    installed = installed_distributions()
    assert {"click", "pydantic", "pyyaml", "rich", "jsonschema"} <= installed
    assert not {"tensorflow", "keras", "numpy", "scipy", "pillow"} & installed


@pytest.mark.parametrize(
    "command",
    [
        ("check", SPEC),
        ("check", "--output-format", "sarif", SPEC),
        ("check", "tests/scripts/corpus/right-bias-posterior.py"),
        ("plan", SPEC),
        ("explain", "flipout"),
        ("explain", "BNN301"),
        ("schema",),
        ("init", "--list"),
        ("build", SPEC, "--emit", "python"),
        ("diff", SPEC, SPEC),
    ],
    ids=" ".join,
)
def test_what_needs_no_tensorflow_prints_the_same_without_it(command: tuple[str, ...]) -> None:
    ended = light(*command)
    full = subprocess.run(
        [sys.executable, "-m", "bnnc", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert full.returncode < 2
    assert ended.stderr == full.stderr
    assert ended.stdout == full.stdout
    assert ended.returncode == full.returncode


def test_a_build_has_the_source_and_the_manifest_and_says_what_is_missing(tmp_path: Path) -> None:
    ended = light("build", SPEC, "-o", "built", folder=tmp_path)
    assert ended.stdout == (
        f"built: model.py, manifest.json; no model.keras, which needs TensorFlow: {TF}\n"
    )
    assert ended.returncode == 0, ended.stderr
    assert sorted(path.name for path in (tmp_path / "built").iterdir()) == [
        "manifest.json",
        "model.py",
    ]
    emitted = light("build", SPEC, "--emit", "python").stdout
    assert (tmp_path / "built/model.py").read_text() == emitted
    manifest = json.loads((tmp_path / "built/manifest.json").read_text())
    assert manifest["spec"]["name"] == "digits-flipout"
    with pytest.raises(bnnc.ArtifactError, match=r"has no model: it was built where TensorFlow"):
        bnnc.load(tmp_path / "built")
    assert light("build", SPEC, "-o", "built", folder=tmp_path).returncode == 0  # replaced


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("train", SPEC), f"error: `bnnc train` needs NumPy, which is not installed: {TF}"),
        (("data", SPEC), f"error: `bnnc data` needs NumPy, which is not installed: {TF}"),
        (("report", "."), f"error: `bnnc report` needs NumPy, which is not installed: {TF}"),
    ],
    ids=lambda one: one[0] if isinstance(one, tuple) else "",
)
def test_other_commands_name_the_line_to_type(command: tuple[str, ...], said: str) -> None:
    ended = light(*command)
    assert ended.stderr == said + "\n"
    assert ended.returncode == 2


def test_a_check_says_that_it_did_not_look_at_the_data(tmp_path: Path) -> None:
    (tmp_path / "images.npz").write_bytes(b"not read")
    text = Path(SPEC).read_text().replace("source: digits", "source: images.npz")
    (tmp_path / "spec.yaml").write_text(text)
    ended = light("check", "spec.yaml", folder=tmp_path)
    assert ended.returncode == 0
    assert "warning[BNN260]: the data at `images.npz` was not looked at" in ended.stdout
    assert f"= help: looking at it needs NumPy, which is not installed: {TF}" in ended.stdout


def test_python_names_the_line_to_type() -> None:
    code = (
        "import sys; from tests.cli.without_tensorflow import OnlyInstalled\n"
        "sys.meta_path.insert(0, OnlyInstalled())\n"
        "import bnnc\n"
        f"assert bnnc.check({SPEC!r}).ok and bnnc.plan({SPEC!r})\n"
        "try:\n"
        f"    bnnc.compile({SPEC!r})\n"
        "except bnnc.MissingExtraError as error:\n"
        "    print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.stdout == (f"Building a model needs TensorFlow, which is not installed: {TF}\n"), (
        ended.stderr
    )
