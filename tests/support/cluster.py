"""Commands as the workers of one cluster, on 127.0.0.1: processes that TensorFlow itself connects."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# TensorFlow is imported once, and each worker is a process that is forked from that one. A worker
# that is to be killed kills itself right before it begins a line of the progress, or renames a file.
_COMMANDS = """
import json, os, signal, sys
import bnnc.compiler.backend.build
from bnnc.cli.app import run


def watch(signal_number, batch):
    import keras

    original = keras.callbacks.CallbackList.on_train_batch_end

    def watched(self, number, logs=None):
        original(self, number, logs)
        if number >= batch:
            os.kill(os.getpid(), signal_number)

    keras.callbacks.CallbackList.on_train_batch_end = watched


for line in sys.stdin:
    workers, children = json.loads(line), []
    for output, environment, arguments, end in workers:
        child = os.fork()
        if not child:
            os.environ.update(environment)
            file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, 1), os.dup2(file, 2)
            if end:
                watch(*end)
            code = run(arguments)
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(code)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(one, 0)[1]) for one in children]
    print(json.dumps(codes), flush=True)
"""

# Exit codes and outputs of all workers, for the arguments of each. `end` is a signal, and the batch
# of an epoch from which on the last worker sends it to itself.
Together = Callable[..., tuple[list[int], list[str]]]


@contextmanager
def workers_of(folder: Path) -> Iterator[Together]:
    """Give the function that runs one command on each of some workers, and waits for all."""
    with subprocess.Popen(
        [sys.executable, "-c", _COMMANDS],
        cwd=folder,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def together(
            *commands: Sequence[str], end: tuple[int, int] | None = None
        ) -> tuple[list[int], list[str]]:
            addresses = [f"127.0.0.1:{port}" for port in free_ports(len(commands))]
            outputs, workers = (
                [folder / f"worker-{number}.txt" for number in range(len(commands))],
                [],
            )
            for number, command in enumerate(commands):
                task = {"type": "worker", "index": number}
                config = json.dumps({"cluster": {"worker": addresses}, "task": task})
                environment = {"TF_CONFIG": config, "BNNC_WORKER_TIMEOUT": "60"}
                is_last = number == len(commands) - 1
                ends = end if is_last else None
                workers.append([str(outputs[number]), environment, [*command], ends])
            print(json.dumps(workers), file=stdin, flush=True)
            codes = json.loads(stdout.readline())
            return codes, [one.read_text() for one in outputs]

        yield together


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
