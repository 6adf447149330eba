"""`bnnc train --ray`: the members of an ensemble as tasks of a Ray cluster."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bnnc.cli.exit_codes import (
    FAILED_WHILE_RUNNING,
    INTERRUPTED,
    TerminatedError,
    UserError,
    refusals,
)
from bnnc.cli.gather import gather
from bnnc.cli.member_request import Request
from bnnc.cli.members import numbers_left
from bnnc.cli.parallel import THREADS, ensemble_to_train, member_arguments, refuse_failures
from bnnc.cli.terminal import echo
from bnnc.compiler.planning.member_cost import member_bytes, member_cores
from bnnc.compiler.planning.plan import size_text
from bnnc.errors import MissingExtraError
from bnnc.system.locks import is_locked

_RETRIES = 3  # of a member whose node or process ended
# A process whose node was killed may hold the lock of its member for a moment.
_SECONDS_FOR_LOCK = 120
_SECONDS_TO_CONNECT = 10


@dataclass(frozen=True)
class OnRay:
    """All members, as tasks of a Ray cluster.

    Attributes:
        address: of the cluster; empty for one that runs here, or else a new one on this machine.
    """

    address: str

    def train(self, request: Request) -> int:
        """Train the members that are left, and gather all of them."""
        spec = ensemble_to_train(request)
        run = request.folder.absolute()
        with refusals():
            left = numbers_left(run, spec)
        option = f"--ray={self.address}" if self.address else "--ray"
        again = request.command(option)
        if left:
            facts = None if request.report is None else request.report.facts
            memory, cores = member_bytes(spec, facts), member_cores(spec)
            try:
                with _connected(self.address) as ray:
                    failed = _run(ray, request, left, memory, cores)
            except (KeyboardInterrupt, TerminatedError) as error:
                ended = str(error) or "interrupted"
                echo(f"\n{ended}; resume it with:\n\n    {again}", err=True)
                return error.exit_code if isinstance(error, TerminatedError) else INTERRUPTED
            refuse_failures(failed, again)
        return gather(request.folder)


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Any]:
    """The module `ray`, connected to a cluster. Raises: UserError, MissingExtraError."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to anyone
    os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "2")  # a minute; Ray's 20 take 13 minutes
    try:
        import ray
    except ModuleNotFoundError as error:
        raise MissingExtraError("Ray", "ray", "`--ray`") from error
    try:
        _refuse_closed(address)
        ray.init(address=address or None, logging_level="ERROR", log_to_driver=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise UserError(
            f"there is no Ray cluster at {address or 'this machine'}: {error}. Give the address "
            "that `ray start --head` printed, or none to use this machine",
            FAILED_WHILE_RUNNING,
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _refuse_closed(address: str) -> None:
    """Connect to an address `host:port`, since Ray tries a closed one again and again.

    Raises: OSError.
    """
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_CONNECT).close()


def _run(ray: Any, request: Request, numbers: Sequence[int], memory: int, cores: int) -> list[str]:
    """Train members as tasks. Returns: what failed. Raises: UserError if no node has room."""
    nodes = [one["Resources"] for one in ray.nodes() if one["Alive"]]
    cores = min(cores, int(max((one.get("CPU", 0) for one in nodes), default=0)) or cores)
    gpus = 1 if any(one.get("GPU", 0) for one in nodes) else 0
    largest = max((one.get("memory", 0) for one in nodes if one.get("CPU", 0) >= cores), default=0)
    if largest < memory:
        raise UserError(
            f"no node of the cluster has room for a member: it takes about {size_text(memory)} and "
            f"{cores} cores, and the largest node has {size_text(largest)}"
        )
    environment = {name: os.environ.get(name, str(cores)) for name in THREADS}
    task = ray.remote(
        num_cpus=cores,
        num_gpus=gpus,
        memory=memory,
        max_retries=_RETRIES,
        max_calls=1,  # a process for each member, which gives its memory back
    )(train_member)
    run = request.folder.absolute()
    pending = {
        task.options(name=f"members/{number}").remote(
            member_arguments(request, number, run), str(run / "members" / str(number)), environment
        ): number
        for number in numbers
    }
    failed: list[str] = []
    while pending:
        (done, *_), _ = ray.wait(list(pending))
        number = pending.pop(done)
        try:
            code, said = ray.get(done)
        except ray.exceptions.RayError as error:  # the node is gone, and so are those after it
            code, said = -1, str(error).strip().splitlines()[-1]
        if code:
            failed.append(f"members/{number} failed:\n\n{said}")
    return failed


def train_member(
    arguments: Sequence[str], folder: str, environment: dict[str, str]
) -> tuple[int, str]:
    """Train a member in the process of a task. Returns: exit code, and the end of what it said."""
    os.environ.update(environment)  # before TensorFlow is imported
    until = time.monotonic() + _SECONDS_FOR_LOCK
    while is_locked(Path(folder)) and time.monotonic() < until:
        time.sleep(0.5)
    from bnnc.cli.app import run

    said = _Copied(sys.stderr)
    with contextlib.redirect_stderr(said):
        code = run(list(arguments))
    return code, said.getvalue()[-2000:]


class _Copied(io.StringIO):
    """What is written, kept and passed on."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self._stream = stream

    def write(self, text: str) -> int:
        """Write to both."""
        self._stream.write(text)
        return super().write(text)

    def flush(self) -> None:
        """Flush the other stream."""
        self._stream.flush()
