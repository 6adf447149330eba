"""What a file, a path, a stream or a signal can do to a command is never a bug of bnnc."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import keras
import numpy as np
import pytest

import bnnc
from bnnc.cli import app
from bnnc.cli.exit_codes import BUG
from bnnc.runtime.runs.loading import load
from bnnc.runtime.runs.run_folder import RunWriter
from tests.cli.test_commands import DIGITS, Shell, shell

__all__ = ["shell"]

SPEC = """\
bnnc: 1
name: small
input: {shape: [8, 8, 1], value_range: [0, 16]}
layers:
  - {type: flatten}
  - {type: dense, units: 10}
output: {distribution: categorical, parameterization: logits, classes: 10, labels: integer}
training: {epochs: 3}
data: {source: digits}
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec, its run, images, and what a path can lead to."""
    folder = tmp_path_factory.mktemp("circumstances")
    (folder / "spec.yaml").write_text(SPEC)
    assert app.run(["train", str(folder / "spec.yaml"), "--run", str(folder / "run")]) == 0
    np.save(folder / "images.npy", np.zeros((2, 8, 8, 1), np.float32))
    (folder / "folder").mkdir()
    (folder / "circle").symlink_to("circle")
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy of the run, to be changed."""
    (tmp_path / "spec.yaml").write_text(SPEC)
    return Path(shutil.copytree(finished / "run", tmp_path / "run"))


PATHS = {
    "a path of 5,000 characters": "a" * 5000,
    "a path of 2,500 folders": "a/" * 2500,
    "a name that is not UTF-8": os.fsdecode(b"\xff\xfe/missing"),
    "links in a circle": "circle",
    "a folder": "folder",
    "below a file": "spec.yaml/x",
    "control characters": "\x1b[31m\n/missing",
}
# Every place of every command that takes a path or a text.
COMMANDS = [
    "init @",
    "init -o @",
    "check @",
    "check @/*.yaml",
    "check --fix @",
    "check --stdin-filename @ -",
    "check --set @ spec.yaml",
    "check --set data.source=@ spec.yaml",
    "check --select @ spec.yaml",
    "explain @",
    "plan @",
    "build @ --emit tree",
    "build spec.yaml -o @/x",
    "diff @ spec.yaml",
    "diff spec.yaml @",
    "train @",
    "train --resume @",
    "train spec.yaml --resume --run @",
    "train --resume run --data @",
    "evaluate @",
    "evaluate run --data @",
    "predict @ images.npy",
    "predict run @",
    "predict run images.npy --format jsonl -o @/x",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_path_is_a_bug(
    command: str,
    finished: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(finished)
    before = sorted(finished.rglob("*"))
    for kind, path in PATHS.items():
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace") for _ in "oe")
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SPEC.encode())))
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        code = app.run([part.replace("@", path) for part in command.split()])
        err.seek(0)
        said = err.read()
        assert code in {0, 1, 2}, (kind, said)
        assert "Traceback" not in said, kind
        if command.startswith(("build spec", "predict run images")) and kind == "a folder":
            left = finished / "folder" / "x"  # that one is fine
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        shutil.rmtree(os.fsdecode(b"\xff\xfe"), ignore_errors=True)
        shutil.rmtree("\x1b[31m\n", ignore_errors=True)
    assert sorted(finished.rglob("*")) == before


def in_shell(line: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A line of bash with `bnnc` for the command; its status is that of `bnnc`."""
    function = f'bnnc() {{ "{sys.executable}" -c "from bnnc.cli import main; main()" "$@"; }}'
    return subprocess.run(
        ["bash", "-c", f"{function}; {line}; exit ${{PIPESTATUS[0]}}"],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("bnnc schema > /dev/full", 2),
        ("bnnc check bad.yaml > /dev/full", 2),
        ("bnnc check spec.yaml --output-format json > /dev/full 2> /dev/full", 2),
        ("bnnc plan spec.yaml > /dev/full", 2),
        ("bnnc schema >&-", 0),
        ("bnnc check bad.yaml >&- 2>&-", 1),
        ("bnnc check - <&-", 1),
        ("bnnc plan spec.yaml <&- 2>&-", 0),
        ("bnnc explain | true", 0),
        ("bnnc check bad.yaml | true", 1),
        ("bnnc plan nowhere.yaml 2>&1 | true", 2),
    ],
)
def test_a_stream_that_cannot_be_written_or_read_is_no_bug(
    line: str, code: int, tmp_path: Path
) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "bad.yaml").write_text(SPEC.replace("units: 10", "units: 9"))
    ended = in_shell(line, tmp_path)
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception" not in ended.stderr
    told = "standard output cannot be written: No space left on device"
    assert (told in ended.stderr) == (line.endswith("> /dev/full") and "2>" not in line)


def test_every_text_can_be_written_in_a_strict_locale(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xfcber.yaml")
    strict = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0"}
    (tmp_path / name).write_text(SPEC.replace("units: 10", "units: 9"))
    named = "name: small\ndescription: naïve × ∞"
    (tmp_path / "spec.yaml").write_text(SPEC.replace("name: small", named), encoding="utf-8")
    for line, code in (
        ("bnnc check $'\\xfcber.yaml'", 1),
        ("bnnc check $'\\xfcber.yaml' --output-format json", 1),
        ("bnnc train $'\\xfc/missing.yaml'", 2),
        ("bnnc plan spec.yaml", 0),
        ("bnnc build spec.yaml --emit spec", 0),
    ):
        ended = in_shell(line, tmp_path, **strict)
        assert ended.returncode == code, ended.stderr
        assert "Traceback" not in ended.stderr
        if ended.stdout.startswith("{"):
            json.loads(ended.stdout)
    (tmp_path / "extending.yaml").write_text("extends: bäse.yaml\nbnnc: 1\n", encoding="utf-8")
    ended = in_shell("bnnc check extending.yaml", tmp_path, **strict)
    assert ended.returncode in {1, 2}, ended.stderr


def test_a_removed_current_folder_is_named(tmp_path: Path) -> None:
    ended = in_shell("mkdir gone; cd gone; rmdir ../gone; bnnc check x.yaml", tmp_path)
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr


def failing_after(epochs: int, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Keras fail to save a model once so many epochs were saved."""
    save, calls = keras.Model.save, 0

    def saving(*arguments: Any, **keywords: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > epochs + 1:  # the first is the untrained model
            raise error
        save(*arguments, **keywords)

    monkeypatch.setattr(keras.Model, "save", saving)


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), OSError(30, "Read-only file system")], ids=str
)
def test_a_run_that_cannot_be_written_any_more_says_how_to_go_on(
    error: OSError, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    failing_after(1, error, monkeypatch)
    code, _, err = shell("train", "spec.yaml", "--run", "run")
    assert code == 2
    assert f"model.keras cannot be written: {error.strerror}. run holds 1 of 3 epochs" in err
    assert "bnnc train --resume run" in err
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert bnnc.load("run").model.epochs_done == 1
    assert app.run(["train", "--resume", "run"]) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")
@pytest.mark.parametrize("when", ["before", "in the middle"])
def test_a_read_only_run_is_refused_in_words(
    when: str, run: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (run.parent, *run.parents[1:3]):
        folder.chmod(0o711)  # pytest keeps them from other users
    write, calls = RunWriter.on_epoch_end, 0

    def protected(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            os.seteuid(65534)
        write(*arguments)

    if when == "before":
        os.seteuid(65534)
    else:
        shutil.rmtree(run)
        monkeypatch.setattr(RunWriter, "on_epoch_end", protected)
    try:
        arguments = ("--resume", "run") if when == "before" else ("spec.yaml", "--run", "run")
        code, _, err = shell("train", *arguments)
    finally:
        os.seteuid(0)
    assert code == 2, err
    assert "Permission denied" in err
    assert "Traceback" not in err
    assert (when == "before") != ("run holds 1 of 3 epochs" in err)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_a_training_as_ctrl_c_does(
    number: signal.Signals,
    code: int,
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    write = RunWriter.on_epoch_end

    def then_end(self: RunWriter, epoch: int, *arguments: Any) -> None:
        write(self, epoch, *arguments)
        if epoch == 1:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(RunWriter, "on_epoch_end", then_end)
    ended, _, err = shell("train", "spec.yaml", "--run", "run")
    assert ended == code
    assert f"terminated by {number.name}; run holds 2 of 3 epochs. Resume it with:" in err
    assert "bnnc train --resume run" in err
    assert not list((tmp_path / "run").glob(".*"))
    assert load(tmp_path / "run").model.epochs_done == 2
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_signal_in_another_command_ends_it_with_its_code(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("bnnc.compiler.pipeline.check_bytes", end)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SPEC.encode())))
    assert shell("plan", "-") == (143, "", "terminated by SIGTERM\n")


def test_an_ignored_signal_stays_ignored(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As SIGHUP under `nohup`."""
    (tmp_path / "spec.yaml").write_text(SPEC)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        monkeypatch.setattr("bnnc.cli.plan.show", lambda _: os.kill(os.getpid(), signal.SIGHUP))
        assert shell("plan", "spec.yaml")[0] == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_weights_that_are_not_finite_are_refused(
    command: str, number: float, run: Path, finished: Path, shell: Shell
) -> None:
    program = load(run)
    program.model.weights[0].assign(np.full(program.model.weights[0].shape, number))
    program.model.save(run / "model.keras")
    more = [finished / "images.npy"] if command == "predict" else []
    code, out, err = shell(command, "run", *more)
    assert (code, out) == (2, "")
    assert "the weights of run are not finite numbers, as in dense/kernel" in err
    assert "--set training.optimizer.learning_rate=0.0001" in err


def test_a_training_that_diverges_again_is_not_told_to_resume(shell: Shell, tmp_path: Path) -> None:
    rate = "{type: adam, learning_rate: {type: cosine_decay, initial_learning_rate: 0.02}}"
    text = Path(DIGITS).read_text().replace(rate, "{type: sgd, learning_rate: 1000000.0}")
    (tmp_path / "spec.yaml").write_text(text)
    for arguments in (("spec.yaml", "--run", "run"), ("--resume", "run")):
        code, _, err = shell("train", *arguments)
        assert code == 3
        assert "Resuming it would repeat the same steps: train the spec again" in err
        assert "`--set training.optimizer.learning_rate=0.1`" in err
        assert "run holds 0 of 30 epochs" in err
        assert (
            json.loads((tmp_path / "run" / "manifest.json").read_text())["diverged"]["epoch"] == 1
        )
    code, _, err = shell("evaluate", "run")
    assert code == 2
    assert "run diverged in step" in err
    assert "--resume" not in err


HOSTILE_METRICS = {
    "deep": b"[" * 100_000,
    "digits": b'{"epoch": ' + b"1" * 5000 + b"}",
    "member": b'{"member": true}',
    "float": b'{"member": 0.0}',
    "null": b"null",
    "bytes": b"\xff\xfe",
    "number": b"1e400",
}


@pytest.mark.parametrize("kind", HOSTILE_METRICS)
def test_hostile_metrics_are_refused_in_words(kind: str, run: Path, shell: Shell) -> None:
    (run / "metrics.jsonl").write_bytes(HOSTILE_METRICS[kind])
    code, _, err = shell("train", "--resume", "run", "--epochs", "4")
    assert code == 2
    assert "metrics.jsonl cannot be read: " in err
    assert "Traceback" not in err
    assert len(err) < 2000


def test_a_default_folder_that_is_taken_in_the_meantime_is_passed_over(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bnnc.runtime.runs import run_folder as runs

    (tmp_path / "spec.yaml").write_text(SPEC)
    start = runs.start_run

    def late(folder: Path, *arguments: Any, **keywords: Any) -> None:
        if folder.name == "small":
            folder.mkdir(parents=True)
            (folder / "theirs").touch()
        start(folder, *arguments, **keywords)

    monkeypatch.setattr(runs, "start_run", late)
    code, out, _ = shell("train", "spec.yaml", "--epochs", "1")
    assert code == 0
    assert out.startswith("runs/small-2: 1 epoch")


def test_what_the_system_refuses_is_no_bug(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    for error, words in (
        (OSError(24, "Too many open files", "/some/file"), "/some/file: Too many open files"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (MemoryError(), "memory"),
    ):
        monkeypatch.setattr("bnnc.cli.schema.schema_text", Mock(side_effect=error))
        code, _, err = shell("schema")
        assert code not in {0, BUG}
        assert words in err
        assert "Traceback" not in err
