"""A process for each trial, forked from one that has imported TensorFlow and nothing else done.

TensorFlow gives back little of the memory of a model that is no longer there. A process of its own
gives back all, and costs no start: Python's fork server imports TensorFlow once. The process of the
sweep itself never imports it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

from bnnc.sweeping.task import (
    Diverged,
    Ending,
    Epoch,
    Failed,
    Figures,
    Killed,
    Message,
    Prepared,
    Pruned,
    Task,
)

_SECONDS_TO_END = 10.0


def train_in_a_process(
    task: Task,
    *,
    on_rows: Callable[[Prepared], None],
    on_epoch: Callable[[Epoch], bool],
) -> Ending:
    """Train a trial in a process of its own, which ends with the trial, or if this one ends.

    Args:
        task: the trial.
        on_rows: is told of the rows of the trial before it is trained.
        on_epoch: is told of every epoch, and says whether the trial goes on.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bnnc.sweeping.preload"])
    ours, theirs = context.Pipe()
    process = context.Process(target=_child, args=(task, theirs), name="bnnc-trial", daemon=True)
    process.start()
    theirs.close()
    try:
        return _followed(process, ours, on_rows, on_epoch)
    finally:
        ours.close()
        if process.is_alive():
            process.terminate()
            process.join(_SECONDS_TO_END)
            if process.is_alive():
                process.kill()
        process.join()


def _followed(
    process: Any,
    connection: Connection,
    on_rows: Callable[[Prepared], None],
    on_epoch: Callable[[Epoch], bool],
) -> Ending:
    while True:
        try:
            message: Message = connection.recv()
        except (EOFError, ConnectionResetError):
            process.join()
            code = process.exitcode or 0
            if code < 0:
                return Killed(-code)
            return Failed(f"its process ended with exit code {code}")
        match message:
            case Prepared():
                on_rows(message)
                connection.send(True)
            case Epoch():
                connection.send(on_epoch(message))
            case Figures() | Pruned() | Diverged() | Failed():
                connection.send(True)
                process.join(_SECONDS_TO_END)
                return message


def _child(task: Task, connection: Connection) -> None:
    """The process of a trial."""
    # Ctrl-C reaches the whole group: the parent ends this process after an epoch was saved or not.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from bnnc.runtime.backend import use_tensorflow

    use_tensorflow()
    from bnnc.sweeping.training import train_trial

    def say(message: Message) -> bool:
        connection.send(message)
        return bool(connection.recv())

    train_trial(task, say)


def _end_with_parent() -> None:
    """End this process as soon as its parent has ended, in whatever way."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
