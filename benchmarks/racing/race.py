"""Races: the same work by several libraries, in turn, so that all meet the same machine."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.racing.environments import ROOT, python_of
from benchmarks.racing.nets import Case

THREADS = 2
# Seconds of one turn: long against what starting it takes.
_TURN = 0.5


@dataclass(frozen=True)
class Lane:
    """Who does what, called how.

    Args:
        called: name in tables.
        library: module of this folder.
        case: what it does.
        scale: how often its work would have to be done to be that of the others.
        bar: what our time divided by its time may be at most, if there is such a promise.
    """

    called: str
    library: str
    case: Case
    scale: float = 1.0
    bar: float | None = None


@dataclass
class Times:
    """Seconds of one unit of a lane's work, turn by turn: by the clock, and of CPU."""

    lane: Lane
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """The median by the clock."""
        return median(self.wall)


class WorkerError(Exception):
    """A library did not do what it was asked; the message is its traceback."""


class Worker:
    """A library in its own process."""

    def __init__(self, library: str) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": str(THREADS), "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            [str(python_of(library)), "-m", "benchmarks.racing.worker", library],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        """One answer. Raises: WorkerError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        except (OSError, ValueError) as error:
            raise WorkerError(f"the process has ended: {error}") from error
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer

    def end(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class Workers:
    """One process a library, started when it is first needed."""

    def __init__(self) -> None:
        self._started: dict[str, Worker] = {}

    def of(self, library: str) -> Worker:
        """The process of a library."""
        if library not in self._started:
            self._started[library] = Worker(library)
        return self._started[library]

    def drop(self) -> None:
        """Have all forget what they made."""
        for library, worker in list(self._started.items()):
            try:
                worker.ask(drop=True)
            except WorkerError:  # it has ended, and is started anew when it is needed
                del self._started[library]

    def end(self) -> None:
        """End all processes."""
        for worker in self._started.values():
            worker.end()
        self._started.clear()


def race(workers: Workers, lanes: list[Lane], rounds: int, *, turn: float = _TURN) -> list[Times]:
    """Times of the lanes that could be made, the first lane being ours: none without it."""
    made = [(lane, count) for lane in lanes if (count := _made(workers, lane, turn))]
    if not made or made[0][0] is not lanes[0]:
        workers.drop()
        return []
    times = [Times(lane) for lane, _ in made]
    for _ in range(rounds):
        for each, (lane, count) in zip(times, made, strict=True):
            answer = workers.of(lane.library).ask(run=count, case=lane.case.plain())
            each.wall.append(answer["seconds"] / count * lane.scale)
            each.cpu.append(answer["cpu"] / count * lane.scale)
    workers.drop()
    return times


def _made(workers: Workers, lane: Lane, turn: float) -> int:
    """How often the work of a lane fits into a turn; 0 if it cannot be done."""
    began = time.perf_counter()
    try:
        worker = workers.of(lane.library)
        worker.ask(make=True, case=lane.case.plain())
        once = float(worker.ask(run=1, case=lane.case.plain())["seconds"])
    except WorkerError as error:
        print(f"{lane.called}: not measured\n{error}", file=sys.stderr, flush=True)
        return 0
    print(
        f"  {lane.called}: made in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True
    )
    return max(1, min(200, round(turn / once)))
