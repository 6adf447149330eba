"""`bnnc train --parallel`: several members of an ensemble at once, each in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from bnnc.cli.exit_codes import (
    FAILED_WHILE_RUNNING,
    INTERRUPTED,
    TerminatedError,
    UserError,
    refusals,
)
from bnnc.cli.gather import gather
from bnnc.cli.member_progress import Display, member_display
from bnnc.cli.member_request import Request, look_for_spec
from bnnc.cli.members import numbers_left
from bnnc.cli.notes import tell
from bnnc.cli.preflight import look_at_first_weights, look_at_folder
from bnnc.cli.terminal import echo
from bnnc.compiler.analysis.budget import available_bytes
from bnnc.compiler.planning.member_cost import member_bytes
from bnnc.compiler.planning.plan import size_text
from bnnc.specs import Spec

# What TensorFlow divides an operation over, and how many operations it runs at once.
THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
# Of a process that was interrupted; a call of several steps lasts less than one.
_SECONDS_TO_END = 60
_KEPT_LINES = 30  # of what a process says, to be shown if it fails


@dataclass(frozen=True)
class Parallel:
    """All members, several of them at once.

    Attributes:
        count: how many at once, at most.
    """

    count: int

    def train(self, request: Request) -> int:
        """Train the members that are left, and gather all of them."""
        spec = ensemble_to_train(request)
        with refusals():
            left = numbers_left(request.folder, spec)
        again = request.command("--parallel", str(self.count))
        if left:
            at_once = self._at_once(spec, request, len(left))
            epochs = request.epochs or spec.training.epochs
            with member_display(len(left) * epochs) as display:
                processes = _Processes(request, threads_of(at_once), display)
                try:
                    failed = processes.run(left, at_once)
                except (KeyboardInterrupt, TerminatedError) as error:
                    display.close()
                    ended = str(error) or "interrupted"
                    echo(f"\n{ended}; resume it with:\n\n    {again}", err=True)
                    return error.exit_code if isinstance(error, TerminatedError) else INTERRUPTED
            refuse_failures(failed, again)
        return gather(request.folder)

    def _at_once(self, spec: Spec, request: Request, left: int) -> int:
        """How many members to train at once: no more than memory holds, which is told."""
        wanted = min(self.count, left)
        facts = None if request.report is None else request.report.facts
        each, free = member_bytes(spec, facts), available_bytes()
        fits = wanted if free is None else max(free // each, 1)
        if fits < wanted:
            tell(
                (
                    f"{fits} of {wanted} members at once: each takes about {size_text(each)}, and "
                    f"{size_text(free or 0)} are free",
                )
            )
        return min(wanted, fits)


def ensemble_to_train(request: Request) -> Spec:
    """The spec of the ensemble of a command, after all that can be refused without TensorFlow.

    Raises: UserError.
    """
    look_for_spec(request)
    run = request.folder
    with refusals():
        from bnnc.runtime.artifacts import MANIFEST, read_manifest, read_spec, refuse_existing_run
        from bnnc.runtime.runs.member_runs import member_numbers, read_member

        if request.report is None:
            spec = read_spec(read_manifest(run), run)
            if len(spec.members()) == 1:
                raise UserError(f"{run} is no ensemble: resume it with `bnnc train --resume {run}`")
            return spec
        spec = request.ensemble()
        if request.file == "-":
            raise UserError("each member reads the spec: give a file in place of standard input")
        if request.file is not None:
            refuse_existing_run(run)
        for number in member_numbers(run) if not (run / MANIFEST).exists() else ():
            member = read_member(run, number)
            if member is not None and member.spec.fingerprint() != spec.fingerprint():
                raise UserError(
                    f"{request.file} is not the spec that {member.folder} was begun with: train "
                    "into another folder with `--run`"
                )
    request.look_at_data(spec)
    look_at_first_weights(request.report)
    look_at_folder(run)
    return spec


def threads_of(at_once: int) -> int:
    """Threads of each of several processes that share this machine's cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max((cores or 1) // at_once, 1)


def refuse_failures(failed: Sequence[str], again: str) -> None:
    """Raise UserError if members failed, with what each said and the command that goes on."""
    if failed:
        raise UserError(
            "\n\n".join([*failed, f"The others are trained. Resume with:\n\n    {again}"]),
            FAILED_WHILE_RUNNING,
        )


@dataclass
class _Processes:
    """The processes of members that are trained at once.

    Attributes:
        request: what the command says.
        threads: threads of each process.
        display: where their progress is shown.
    """

    request: Request
    threads: int
    display: Display
    _running: dict[int, subprocess.Popen[str]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _ending: bool = False

    def run(self, numbers: Sequence[int], at_once: int) -> list[str]:
        """Train members; whatever ends this ends their processes. Returns: what failed."""
        with ThreadPoolExecutor(at_once) as pool:
            try:
                futures = [pool.submit(self._train, number) for number in numbers]
                wait(futures)
            except BaseException:
                self._end()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return [said for one in futures if (said := one.result()) is not None]

    def _train(self, number: int) -> str | None:
        """Train a member to its end. Returns: why it failed, or None."""
        environment = dict(os.environ)
        for name in THREADS:
            # What a person has set holds: weights are the same bits for the same number alone.
            environment.setdefault(name, str(self.threads))
        with self._lock:
            if self._ending:
                return None
            process = subprocess.Popen(
                [sys.executable, "-m", "bnnc", *member_arguments(self.request, number)],
                env=environment,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                # Ctrl-C in a terminal goes to this process alone, which ends them.
                start_new_session=True,
            )
            self._running[number] = process
        with process:  # closes the pipe, and waits
            said = shown_lines(process.stderr or (), self.display.epoch)
        code = process.returncode
        with self._lock:
            del self._running[number]
        return failure(number, code, said) if code and not self._ending else None

    def _end(self) -> None:
        """Interrupt every process, and wait until it has ended."""
        with self._lock:
            self._ending = True
            running = list(self._running.values())
        for one in running:
            with suppress(ProcessLookupError):
                one.send_signal(signal.SIGINT)
        for one in running:
            try:
                one.wait(_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                one.kill()


def member_arguments(request: Request, number: int, run: Path | None = None) -> list[str]:
    """The arguments of the command that trains one member, into `run` if it is given."""
    arguments, folder = list(request.arguments), str(run or request.folder)
    if request.file is None:
        return [*arguments[:2], folder, *arguments[2:], "--member", str(number)]
    return [*arguments, "--run", folder, "--member", str(number)]


def shown_lines(lines: object, show: Callable[[str], None]) -> list[str]:
    """Show the lines of epochs, and return the last of the others."""
    said: deque[str] = deque(maxlen=_KEPT_LINES)
    for line in lines:  # type: ignore[attr-defined]
        if re.match(r"members/\d+  epoch ", line):
            show(line.rstrip("\n"))
        else:
            said.append(line)
    return list(said)


def failure(number: int, code: int, said: Sequence[str]) -> str:
    """Describe how a member's process failed."""
    if code < 0:
        return f"members/{number} was ended by {signal.Signals(-code).name}"
    text = "".join(said).strip()
    return f"members/{number} failed with exit code {code}:\n\n{text}"
