"""Commands in processes that are killed at an event, so at the same moment on every machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# TensorFlow is imported once, and each command runs in a process that is forked from that one.
_COMMANDS = """
import json, os, signal, sys
import bnnc.compiler.backend.build
from bnnc.cli.app import run


class Watched:
    def __init__(self, stream, on_event):
        self.stream, self.on_event = stream, on_event

    def write(self, text):
        written = self.stream.write(text)
        self.stream.flush()
        self.on_event("print", (text,))
        return written

    def __getattr__(self, name):
        return getattr(self.stream, name)


def run_killed_at(arguments, kill):
    seen = 0

    def on_event(event, details):
        nonlocal seen
        if event != kill[0] or (event == "open" and details[1] != "w"):
            return
        what = str(details[1] if event == "os.rename" else details[0])
        if kill[1] in what if event == "print" else what.endswith(kill[1]):
            seen += 1
            if seen == kill[2]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(on_event)
    sys.stderr = Watched(sys.stderr, on_event)
    return run(arguments)


for line in sys.stdin:
    arguments, kill = json.loads(line)
    child = os.fork()
    if not child:
        os.dup2(2, 1)
        os._exit(run_killed_at(arguments, kill) if kill else run(arguments))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

Train = Callable[..., int]


@contextmanager
def training_processes(folder: Path) -> Iterator[Train]:
    """Give the function that runs a command in a process of its own and returns its exit code.

    The command is `bnnc train` unless `command` says otherwise. Its `kill` is an event, a text and a number: the process kills itself at the event of that
    number in which the text occurs. An event is one that Python announces to audit hooks, where
    the text is the end of a file's name (of a new name, where it is renamed), and the process is
    killed right before it; or `print`, of a text on standard error.
    """
    with (
        (folder / "output.txt").open("w") as output,
        subprocess.Popen(
            [sys.executable, "-c", _COMMANDS],
            cwd=folder,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
        ) as process,
    ):
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def train(
            *arguments: str, kill: tuple[str, str, int] | None = None, command: str = "train"
        ) -> int:
            print(json.dumps(([command, *arguments], kill)), file=stdin, flush=True)
            return int(stdout.readline())

        yield train
