"""Cold starts: whole processes, as a shell or a hook starts them."""

import os
import subprocess
import sys
import tempfile
import time
from importlib import resources
from pathlib import Path

from benchmarks.racing.environments import ROOT
from benchmarks.racing.result import Ratio, ratio

BIN = Path(sys.executable).parent
_IMPORTS = "import tensorflow, keras, tensorflow_probability"


def ratios(quick: bool) -> list[Ratio]:
    """Each command against what it cannot do without, or what does the like."""
    specs = resources.files("bnnc.specs")
    spec = str(specs.joinpath("gallery/fashion-lenet5-flipout.yaml"))
    schema = str(specs.joinpath("bnnc.schema.json"))
    bnnc = [str(BIN / "bnnc")]
    jsonschema = [str(BIN / "check-jsonschema"), "--schemafile", schema, spec]
    imports = [sys.executable, "-W", "ignore", "-c", _IMPORTS]
    with tempfile.TemporaryDirectory() as folder:
        build = [*bnnc, "build", spec, "-o", str(Path(folder) / "built")]
        found = [
            in_turn(
                "`bnnc check`", [*bnnc, "check", spec], "check-jsonschema", jsonschema, 11, 0.9
            ),
            in_turn("`bnnc build`", build, "importing tensorflow, keras and tfp", imports, 5, 1.3),
        ]
        if not quick:
            for name, command in {
                "plan": ["plan", spec],
                "explain": ["explain", "BNN301"],
                "diff": ["diff", spec, spec],
                "schema": ["schema"],
            }.items():
                ours = [*bnnc, command[0], *command[1:]]
                found.append(in_turn(f"`bnnc {name}`", ours, "check-jsonschema", jsonschema, 5))
    return found


def in_turn(
    what: str,
    ours: list[str],
    against: str,
    theirs: list[str],
    rounds: int,
    bar: float | None = None,
) -> Ratio:
    """Two commands, one after the other; the first run of each fills the caches."""
    for command in (ours, theirs):
        seconds(command)
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    mine, others = ([pair[place] for pair in pairs] for place in (0, 1))
    return ratio(f"{what}, cold", against, mine, others, "s", bar=bar)


def seconds(command: list[str]) -> float:
    """Wall time of one run."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - began
