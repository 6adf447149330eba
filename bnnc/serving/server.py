"""Run the application until a signal asks it to end."""

from __future__ import annotations

import asyncio
import contextlib
import select
import signal
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

# What is sent while a server ends is read for so many seconds at most.
_LAST_SECONDS: Final = 2.0


def serve(app: FastAPI, bound: socket.socket, begun: Callable[[], None]) -> bool:
    """Serve until SIGINT or SIGTERM; then answer every request that was accepted, and return.

    A second Ctrl-C does not wait for them.

    Args:
        app: the application.
        bound: the socket.
        begun: called when requests are accepted.

    Returns: whether the server began.
    """
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="on", server_header=False
    )
    server = _Server(config, app, begun)
    server.run(sockets=[bound])
    return server.started


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, app: FastAPI, begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._begun = begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._begun()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As Uvicorn's, after everything that clients have sent is read.

        Otherwise a connection that waits to be accepted is reset, and one whose request has arrived
        and is not read yet is closed: both have sent a request, and would get no response.
        """
        self._app.state.server.is_ending = True
        await _until_quiet(lambda: [one for server in self.servers for one in server.sockets])
        for server in self.servers:
            server.close()
        await _until_quiet(lambda: map(_socket, filter(_is_idle, self.server_state.connections)))
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As Uvicorn's, without raising the signal again: who asks a server to end has succeeded."""

        def end(number: int, frame: FrameType | None) -> None:
            self.handle_exit(number, frame)

        before = {one: signal.signal(one, end) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


async def _until_quiet(sockets: Callable[[], Iterable[Any]]) -> None:
    """Let the event loop accept and read until nothing waits at these sockets."""
    end = time.monotonic() + _LAST_SECONDS
    while time.monotonic() < end:
        poll = select.poll()
        for one in sockets():
            if one.fileno() >= 0:
                poll.register(one, select.POLLIN)
        if not poll.poll(0):
            return
        await asyncio.sleep(0.001)


def _is_idle(connection: Any) -> bool:
    """Whether no request of a connection is being answered."""
    cycle = getattr(connection, "cycle", None)
    return cycle is None or cycle.response_complete


def _socket(connection: Any) -> Any:
    return connection.transport.get_extra_info("socket")
