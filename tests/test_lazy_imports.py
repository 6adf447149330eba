"""What a command does not need it does not import: a spec is checked in a fraction of a second."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import bnnc

GALLERY = Path(bnnc.__file__).parent / "specs" / "gallery"
TENSORFLOW = {"tensorflow", "keras", "tensorflow_probability", "tf_keras", "jax", "torch"}
# Tables and metrics: for planning and evaluating, not for checking.
HEAVY = {"rich", "sklearn", "scipy", "numpy", "PIL", "jsonschema"}

RUN = """
import json, sys
try:
    {statement}
except SystemExit as ended:
    assert not ended.code, ended.code
print(json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
"""


def imported(statement: str) -> set[str]:
    """The packages that a fresh interpreter has imported after a statement."""
    run = subprocess.run(
        [sys.executable, "-c", RUN.format(statement=statement)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1]))


def command(*arguments: str) -> str:
    return f"from bnnc.cli import main; sys.argv = {['bnnc', *arguments]}; main()"


@pytest.mark.parametrize(
    "statement",
    [
        "import bnnc",
        f"import bnnc; assert bnnc.check({str(GALLERY / 'digits-flipout.yaml')!r}).ok",
        command("check", str(GALLERY / "digits-flipout.yaml")),
        command("explain", "BNN301"),
    ],
    ids=["import", "bnnc.check", "check", "explain"],
)
def test_checking_imports_neither_tensorflow_nor_anything_heavy(statement: str) -> None:
    assert not imported(statement) & (TENSORFLOW | HEAVY)


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", str(GALLERY / "digits-flipout.yaml")),
        ("build", str(GALLERY / "digits-flipout.yaml"), "--emit", "python"),
        ("build", str(GALLERY / "digits-flipout.yaml"), "--emit", "plan"),
    ],
    ids=["plan", "emit python", "emit plan"],
)
def test_planning_and_printing_import_no_tensorflow(arguments: tuple[str, ...]) -> None:
    assert not imported(command(*arguments)) & TENSORFLOW


@pytest.mark.parametrize("arguments", [("check",), ("plan",)], ids=["check", "plan"])
@pytest.mark.parametrize("kind", ["npz", "images"])
def test_looking_into_local_data_imports_no_tensorflow(
    arguments: tuple[str, ...], kind: str, tmp_path: Path
) -> None:
    images = np.random.default_rng(0).integers(0, 16, (40, 8, 8, 1), dtype=np.uint8)
    source = tmp_path / "data.npz"
    if kind == "npz":
        np.savez(source, allow_pickle=False, x_train=images, y_train=np.arange(40) % 10)
    else:
        source = tmp_path / "images"
        for index, image in enumerate(images):
            place = source / str(index % 10) / f"{index}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image[..., 0]).save(place)
    text = (GALLERY / "digits-flipout.yaml").read_text(encoding="utf-8")
    spec = tmp_path / "spec.yaml"
    spec.write_text(text.replace("source: digits", f"source: {source.name}"), encoding="utf-8")
    found = imported(command(*arguments, str(spec)))
    assert not found & TENSORFLOW
    assert "numpy" in found  # it was looked into
