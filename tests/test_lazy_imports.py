"""What a command does not need it does not import: a spec is checked in a fraction of a second."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

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
