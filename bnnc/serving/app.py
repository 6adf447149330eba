"""The server as an ASGI application: addresses, limits, and errors in the protocol's form."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bnnc.serving.answers import answers
from bnnc.serving.batching import Batcher
from bnnc.serving.metrics import CONTENT_TYPE, Metrics
from bnnc.serving.page import page_of
from bnnc.serving.preflight import Limits
from bnnc.serving.protocol import (
    BINARY_HEADER,
    Outputs,
    RefusedError,
    model_metadata,
    outputs_of,
    read_request,
    response_of,
    server_metadata,
)
from bnnc.serving.served import Arrays, ServedModel
from bnnc.serving.uploads import read_upload
from bnnc.version import VERSION

Result = TypeVar("Result")

# Smaller bodies are read and written in less time than a thread takes to start on them.
_SMALL: Final = 2**16
# Bytes of all bodies that are read or wait, as a multiple of the largest one.
_BODIES: Final = 8
_RETRY: Final = {"Retry-After": "1"}

_log = logging.getLogger("bnnc.serving")


class Server:
    """What the addresses share: the model, the queue, and what is measured.

    Args:
        model: the model to serve.
        limits: how requests are batched, and which are refused.
    """

    def __init__(self, model: ServedModel, limits: Limits) -> None:
        self.model = model
        self.limits = limits
        self.outputs: Outputs = {}
        self.is_ready = False
        self.is_ending = False
        self._in_flight = 0
        self._bytes = 0
        self._batcher = Batcher(
            model.predict,
            max_batch=limits.max_batch,
            max_delay=limits.max_delay,
            joins=model.joins_requests,
            observe=lambda rows, seconds: self.metrics.batch(rows, seconds),
        )
        self.metrics = Metrics(lambda: self._in_flight, lambda: self._batcher.waiting_rows)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="read")

    @contextlib.asynccontextmanager
    async def running(self, app: FastAPI) -> AsyncIterator[None]:
        """Predict once, which traces the model, and answer until the server ends."""
        self._batcher.start()
        self.outputs = outputs_of(await self._batcher.predict(self.model.example()))
        self.is_ready = True
        try:
            yield
        finally:
            self.is_ready = False
            await self._batcher.stop()
            self._reader.shutdown()

    @contextlib.asynccontextmanager
    async def admitted(self, request: Request) -> AsyncIterator[bytes]:
        """The body of a request, while it is in the queue. Raises: RefusedError."""
        if not self.is_ready:
            raise RefusedError("the server is starting or stopping", 503)
        if self._in_flight >= self.limits.max_queue:
            self.metrics.refused()
            raise RefusedError(
                f"{self.limits.max_queue} requests are waiting: try again later", 503
            )
        self._in_flight += 1
        body = bytearray()
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                await self._read(request, body)
            yield bytes(body)
        except TimeoutError as error:
            seconds = self.limits.body_seconds
            raise RefusedError(f"the body did not arrive within {seconds:g} s", 408) from error
        except ClientDisconnect as error:
            raise RefusedError("the client left before its request was whole") from error
        finally:
            self._in_flight -= 1
            self._bytes -= len(body)

    async def _read(self, request: Request, body: bytearray) -> None:
        limit = self.limits.max_body
        length = request.headers.get("content-length", "0")
        too_large = RefusedError(f"expected a body of at most {limit:,} bytes", 413)
        if request.headers.get("content-encoding", "identity") != "identity":
            raise RefusedError("expected a body without Content-Encoding", 415)
        if length.isdigit() and int(length[:20]) > limit:
            raise too_large
        async for part in request.stream():
            if len(body) + len(part) > limit:
                raise too_large
            if self._bytes + len(part) > _BODIES * limit:
                self.metrics.refused()
                raise RefusedError("the bodies of requests fill the memory: try again later", 503)
            body += part
            self._bytes += len(part)

    async def apart(self, size: int, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call a function; of many bytes in the thread of its own, so that others are answered."""
        if size < _SMALL:
            return function(*arguments)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reader, function, *arguments)

    async def predicted(self, rows: npt.NDArray[np.float32]) -> Arrays:
        """The prediction of checked rows."""
        made = await self._batcher.predict(rows)
        self.metrics.predicted(made)
        return made


def make_app(model: ServedModel, limits: Limits) -> FastAPI:
    """The application. It has begun when its lifespan has: the model is warm then."""
    server = Server(model, limits)
    app = FastAPI(
        title="bnnc", version=VERSION, lifespan=server.running, openapi_url=None, docs_url=None
    )
    app.state.server = server
    app.add_middleware(_Measured, server=server)
    _handle_errors(app)
    _add_health(app, server)
    _add_inference(app, server)
    _add_page(app, server)
    return app


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(RefusedError)
    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RefusedError)
        return _error(str(error), error.status, _RETRY if error.status == 503 else None)

    @app.exception_handler(HTTPException)
    async def not_found(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return _error(str(error.detail), error.status_code, error.headers)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        return _error("the server failed on this request, and wrote why to its log", 500)


def _error(message: str, status: int, headers: Any = None) -> JSONResponse:
    return JSONResponse({"error": message}, status, headers=headers)


def _add_health(app: FastAPI, server: Server) -> None:
    model = server.model

    def known(name: str) -> None:
        if name != model.name:
            raise RefusedError(f"expected the model `{model.name}`. Received: {name[:100]}", 404)

    @app.get("/v2")
    @app.get("/v2/")
    async def metadata() -> JSONResponse:
        return JSONResponse(server_metadata(VERSION))

    @app.get("/v2/health/live")
    async def live() -> JSONResponse:
        return JSONResponse({"live": True})

    @app.get("/v2/health/ready")
    async def ready() -> JSONResponse:
        # The protocol calls it "live" here too; its other servers, "ready".
        is_ready = server.is_ready and not server.is_ending
        return JSONResponse({"live": is_ready, "ready": is_ready}, 200 if is_ready else 503)

    @app.get("/v2/models/{name}")
    async def model_of(name: str) -> JSONResponse:
        known(name)
        return JSONResponse(model_metadata(model, server.outputs))

    @app.get("/v2/models/{name}/ready")
    async def model_ready(name: str) -> JSONResponse:
        known(name)
        is_ready = server.is_ready and not server.is_ending
        return JSONResponse({"name": name, "ready": is_ready}, 200 if is_ready else 503)

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(server.metrics.text(), headers={"Content-Type": CONTENT_TYPE})


def _add_inference(app: FastAPI, server: Server) -> None:
    model, limits = server.model, server.limits

    @app.post("/v2/models/{name}/infer")
    async def infer(name: str, request: Request) -> Response:
        if name != model.name:
            raise RefusedError(f"expected the model `{model.name}`. Received: {name[:100]}", 404)
        async with server.admitted(request) as body:
            length = request.headers.get(BINARY_HEADER)
            asked = await server.apart(
                len(body), read_request, body, length, model, server.outputs, limits.max_rows
            )
            made = await server.predicted(asked.rows)
            size = sum(values.nbytes for values in made.values())
            content, headers = await server.apart(size, response_of, asked, made, model)
            return Response(content, headers=headers)

    @app.post("/predict")
    async def predict(request: Request, name: str = "image.png") -> Response:
        async with server.admitted(request) as body:
            # A small file may be a large image.
            found = await server.apart(_SMALL, read_upload, name, body, model, limits.max_rows)
            made = await server.predicted(found.images)
            return JSONResponse(
                {
                    "model_name": model.name,
                    "rows": answers(found.names, made, model),
                    "notes": list(found.notes),
                }
            )


def _add_page(app: FastAPI, server: Server) -> None:
    content, headers = page_of(server.model)

    @app.get("/")
    async def page() -> HTMLResponse:
        return HTMLResponse(content, headers=headers)


class _Measured:
    """Counts every response by its path and status, with its seconds."""

    def __init__(self, app: ASGIApp, server: Server) -> None:
        self._app = app
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, start = 500, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self._server.is_ending:
                    # A client that keeps the connection would send its next request in vain.
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            # The route's own form: a path that someone makes up is no name of a metric.
            path = getattr(scope.get("route"), "path", "other")
            self._server.metrics.request(path, status, time.perf_counter() - start)
