"""Two commands at the same time on one folder, for `benchmarks/fuzz.py`.

The law: each ends with an exit code that is documented and no bug's, what is there afterwards is
whole, and no temporary file is left; also where one of them is killed, after one more command.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from mmap import mmap
from pathlib import Path
from random import Random

from benchmarks.fuzzing.inputs import ROOT
from benchmarks.fuzzing.trial import Trial, hold
from bnnc.cli.app import run
from bnnc.compiler.pipeline import check_bytes

# One input in so many starts TensorFlow, twice, which takes seconds.
_HEAVY = 100
_ENDINGS = frozenset({0, 1, 2, 3, 130, 143})
_SMALL = """\
bnnc: 1
name: small
input: {shape: [8, 8, 1], value_range: [0, 16]}
layers: [{type: flatten}, {type: dense, units: 10}]
bayesian: {method: flipout}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
data: {source: digits}
training: {epochs: 2, batch_size: 512, seed: SEED}
"""


class TwoProcesses(Trial):
    """Takes a seed: it says which commands, and whether one of them is killed."""

    most_seconds = 60.0

    def __init__(self, source: str, folder: Path, *, current: mmap | None = None) -> None:
        super().__init__(source, folder, current=current)
        self.gallery = sorted((ROOT / "specs" / "gallery").glob("*.yaml"))
        self.here = Path(tempfile.mkdtemp(prefix="bnnc-fuzz-"))
        # What a command imports is imported before the first fork.
        with tempfile.TemporaryDirectory() as place:
            _ended(_forked(["init", "-o", f"{place}/spec.yaml"], self.here))
        import bnnc.cli.check
        import bnnc.cli.fixing
        import bnnc.cli.init
        import bnnc.compiler.checking.fixes  # noqa: F401

    def finish(self, path: Path) -> None:
        """Write the account, and remove the folder."""
        shutil.rmtree(self.here, ignore_errors=True)
        super().finish(path)

    def take(self, data: bytes) -> None:
        """Start two commands, and look at what they leave."""
        random = Random(data)
        place = self.here / "place"
        place.mkdir()
        try:
            if random.randrange(_HEAVY) == 0:
                random.choice((self._train, self._build))(random, place)
            else:
                random.choice((self._init, self._fix, self._replace))(random, place)
            # A lock that a kill has released stays as an empty sign.
            hidden = [one.name for one in place.glob(".*") if not one.name.endswith("lock")]
            hold(not hidden, f"a temporary file is left\n{hidden}")
        finally:
            shutil.rmtree(place)

    def _init(self, random: Random, place: Path) -> None:
        """Two writers of new files: whoever comes first, they are whole."""
        names = [random.choice(self.gallery) for _ in range(2)]
        names[1] = random.choice((names[0], names[1]))
        commands = [["init", one.stem, "-o", "spec.yaml"] for one in names]
        killed = self._together(random, place, commands)
        if killed:
            _ended(_forked(["init", "-o", "other.yaml"], place))
        written = (place / "spec.yaml").read_bytes() if (place / "spec.yaml").exists() else None
        hold(written is not None or killed, "no file")
        hold(written is None or check_bytes("spec.yaml", written).ok, "a file that is not whole")

    def _fix(self, random: Random, place: Path) -> None:
        """Two writers of the same fix."""
        spec = place / "spec.yaml"
        whole = random.choice(self.gallery).read_text(encoding="utf-8")
        spec.write_text(whole.replace("layers:", "layer:", 1), encoding="utf-8")
        fixes = [["check", random.choice(("--fix", "--unsafe-fixes")), "spec.yaml"]] * 2
        killed = self._together(random, place, fixes)
        if killed:
            _ended(_forked(fixes[0], place))
            _ended(_forked(["init", "-o", "other.yaml"], place))  # a writer, which clears up
        text = spec.read_text(encoding="utf-8")
        hold(text in {whole, whole.replace("layers:", "layer:", 1)}, "a file that is not whole")

    def _replace(self, random: Random, place: Path) -> None:
        """A reader of a file that is replaced: it sees the one or the other."""
        spec = place / "spec.yaml"
        shutil.copy(random.choice(self.gallery), spec)
        reader = _forked(["check", "spec.yaml"], place)
        for _ in range(20):
            shutil.copy(random.choice(self.gallery), place / "next")
            os.replace(place / "next", spec)
        hold(_ended(reader) == 0, "a replaced file that was not read whole")

    def _build(self, random: Random, place: Path) -> None:
        """Two builds into one folder."""
        (place / "spec.yaml").write_text(_SMALL.replace("SEED", "1"), encoding="utf-8")
        builds = [["build", "spec.yaml", "-o", "built"]] * 2
        started = [_started(one, place) for one in builds]
        codes = [one.wait() for one in started]
        hold(set(codes) <= _ENDINGS, f"an exit code of a bug: {codes}")
        hold(0 in codes, f"no build ended: {codes}")
        hold(_started(["plan", "spec.yaml"], place).wait() == 0, "a plan")
        hold((place / "built" / "manifest.json").exists(), "a build without a manifest")

    def _train(self, random: Random, place: Path) -> None:
        """Two trainings into one new folder: one has it, the other is refused."""
        for number in (1, 2):
            text = _SMALL.replace("SEED", str(number))
            (place / f"{number}.yaml").write_text(text, encoding="utf-8")
        started = [_started(["train", f"{n}.yaml", "--run", "run"], place) for n in (1, 2)]
        killed = random.random() < 0.3
        if killed:
            time.sleep(random.uniform(4, 12))
            started[0].send_signal(signal.SIGKILL)
        codes = [one.wait() for one in started]
        hold(set(codes) <= _ENDINGS | {-signal.SIGKILL}, f"an exit code of a bug: {codes}")
        hold(killed or sorted(codes) == [0, 2], f"two trainings into one folder ended with {codes}")
        if killed:
            _ended(_forked(["init", "-o", "other.yaml"], place))
        if 0 in codes:
            code = _started(["evaluate", "run"], place).wait()
            hold(code == 0, f"a run that is not evaluated: {code}")

    def _together(self, random: Random, place: Path, commands: list[list[str]]) -> bool:
        """Run commands at the same time, and say whether one of them was killed."""
        processes = [_forked(one, place) for one in commands]
        killed = random.random() < 0.3
        if killed:
            time.sleep(random.uniform(0, 0.03))
            os.kill(processes[0], signal.SIGKILL)
        codes = [_ended(one) for one in processes]
        allowed = _ENDINGS | ({-signal.SIGKILL} if killed else set())
        hold(set(codes) <= allowed, f"an exit code of a bug: {codes}")
        return killed


def _forked(arguments: list[str], place: Path) -> int:
    """The number of a process, forked of this one, that runs a command."""
    number = os.fork()
    if number:
        return number
    try:
        os.chdir(place)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        code = run(arguments)
    except BaseException:  # noqa: BLE001  # the child ends here, whatever comes
        code = 70
    os._exit(code)


def _ended(number: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def _started(arguments: list[str], place: Path) -> subprocess.Popen[bytes]:
    """A command in a process of its own, as TensorFlow does not outlive a fork."""
    code = "import sys; from bnnc.cli import main; main(sys.argv[1:])"
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=place,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
