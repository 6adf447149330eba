"""Run the application until a signal asks it to end."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from fastapi import FastAPI


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
    server = _Server(config, begun)
    server.run(sockets=[bound])
    return server.started


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._begun = begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._begun()

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
