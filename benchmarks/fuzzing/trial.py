"""One input tried within limits of time and memory, and the account of many."""

from __future__ import annotations

import dataclasses
import json
import re
import resource
import signal
import sys
import time
import traceback
from mmap import mmap
from pathlib import Path
from types import FrameType

from benchmarks.fuzzing.result import CURRENT, LARGEST, SAVED_OF_A_KIND, Result

MOST_GROWTH = 256 * 2**20
# What stops an input that would never end, by itself in Python and by the parent elsewhere.
INTERRUPT_SECONDS = 10.0
WAITING_SECONDS = 120.0


class Failure(Exception):  # noqa: N818  # a failure of the front end, which is what is looked for
    """What an input showed without an exception of the front end's own."""


class Trial:
    """Takes inputs one at a time, and keeps the account of them."""

    most_seconds = 1.0  # of process time, for one input

    def __init__(self, source: str, folder: Path, *, current: mmap | None = None) -> None:
        self.result = Result(source)
        self.folder = folder
        self.current = current
        self.began = time.perf_counter()
        signal.signal(signal.SIGVTALRM, _interrupt)
        signal.signal(signal.SIGALRM, _interrupt)

    def take(self, data: bytes) -> None:
        """Do with an input what is tried. Raises: anything, which is a failure."""
        raise NotImplementedError

    def try_(self, data: bytes, name: str) -> None:
        """Take one input; its name says how to make it again."""
        if self.current is not None:  # seen by the parent if this process does not survive
            stored = CURRENT.pack(self.result.inputs + 1, len(data)) + data[:LARGEST]
            self.current[: len(stored)] = stored
        result = self.result
        result.inputs += 1
        memory = _peak()
        began = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, INTERRUPT_SECONDS)
        signal.setitimer(signal.ITIMER_REAL, WAITING_SECONDS)  # which waiting for a pipe counts in
        try:
            self.take(data)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what is looked for
            self._fail(_kind(error), traceback.format_exc(), data, name)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        seconds, grown = time.process_time() - began, _peak() - memory
        if seconds > result.slowest:
            result.slowest, result.slowest_name = seconds, f"{name}, {len(data):,} bytes"
            self._save(data, "slowest")
        result.growth = max(result.growth, grown)
        if seconds > self.most_seconds:
            self._fail(f"more than {self.most_seconds:g} s", f"{seconds:.2f} s", data, name)
        if grown > MOST_GROWTH:
            self._fail("more than 256 MiB", f"{grown / 2**20:.0f} MiB", data, name)

    def finish(self, path: Path) -> None:
        """Write the account for the parent."""
        self.result.seconds = time.perf_counter() - self.began
        path.write_text(json.dumps(dataclasses.asdict(self.result)), encoding="utf-8")

    def _fail(self, kind: str, detail: str, data: bytes, name: str) -> None:
        count = self.result.failures.get(kind, 0) + 1
        self.result.failures[kind] = count
        if count <= SAVED_OF_A_KIND:
            label = re.sub(r"\W+", "-", kind)[:80]
            path = self._save(data, f"{label}-{count}")
            self.result.saved.append(str(path))
            print(f"FAILURE {kind}: {name}\n{detail}\nsaved as {path}\n", flush=True)

    def _save(self, data: bytes, label: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{self.result.source.replace(' ', '-')}-{label}"
        path.write_bytes(data)
        return path


def hold(condition: bool, otherwise: str) -> None:
    """Raise a Failure unless the condition holds."""
    if not condition:
        raise Failure(otherwise)


def _kind(error: Exception) -> str:
    if isinstance(error, Failure):
        return str(error).split("\n")[0]
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"


def _peak() -> int:
    """The most memory that this process has had, in bytes; Linux counts in KiB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Failure("no end of it")
