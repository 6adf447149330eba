"""Predict the rows of several requests together."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]
Predict = Callable[[npt.NDArray[Any]], Arrays]


@dataclass(frozen=True, eq=False)
class _Waiting:
    rows: npt.NDArray[Any]
    since: float
    answer: asyncio.Future[Arrays]


class Batcher:
    """Gathers rows of requests, and predicts them in one thread, in the order of their arrival.

    A request waits until the prediction before it has ended. It goes with the others that wait then,
    of `max_batch` rows together; if they are fewer, it waits for more until it has waited for
    `max_delay`. A request of more rows than `max_batch` is predicted alone.

    Args:
        predict: rows [rows, ...] to arrays [rows, ...].
        max_batch: most rows of a batch of several requests.
        max_delay: seconds that a request waits for others.
        joins: whether requests may go together at all.
        observe: called with the rows and the seconds of each prediction.
    """

    def __init__(
        self,
        predict: Predict,
        *,
        max_batch: int,
        max_delay: float,
        joins: bool = True,
        observe: Callable[[int, float], None] = lambda rows, seconds: None,
    ) -> None:
        self._predict = predict
        self._max_batch = max_batch
        self._max_delay = max_delay
        self._joins = joins
        self._observe = observe
        self._waiting: deque[_Waiting] = deque()
        self._waiting_rows = 0
        # Set when the next batch need not wait: for the first request, or for more of them.
        self._may_begin = asyncio.Event()
        self._is_gathering = False
        self._is_closing = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="predict")
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting_rows(self) -> int:
        """Rows that no prediction has begun with."""
        return self._waiting_rows

    def start(self) -> None:
        """Begin to answer. Call it in the event loop."""
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Answer what waits, and end."""
        self._is_closing = True
        self._may_begin.set()
        if self._task is not None:
            await self._task
        self._thread.shutdown()

    async def predict(self, rows: npt.NDArray[Any]) -> Arrays:
        """The prediction of rows [rows, ...]. Raises: whatever `predict` raises of these rows."""
        loop = asyncio.get_running_loop()
        one = _Waiting(rows, loop.time(), loop.create_future())
        self._waiting.append(one)
        self._waiting_rows += len(rows)
        if not self._is_gathering or self._waiting_rows >= self._max_batch:
            self._may_begin.set()
        return await one.answer

    async def _work(self) -> None:
        while True:
            if self._waiting:
                await self._answer(await self._gathered())
            elif self._is_closing:
                return
            else:
                self._may_begin.clear()
                await self._may_begin.wait()

    async def _gathered(self) -> list[_Waiting]:
        """The next requests to predict together."""
        loop = asyncio.get_running_loop()
        end = self._waiting[0].since + self._max_delay
        has_room = self._joins and self._waiting_rows < self._max_batch
        if has_room and loop.time() < end and not self._is_closing:
            self._may_begin.clear()
            self._is_gathering = True
            alarm = loop.call_at(end, self._may_begin.set)
            await self._may_begin.wait()
            alarm.cancel()
            self._is_gathering = False
        batch = [self._waiting.popleft()]
        rows = len(batch[0].rows)
        while (
            self._joins and self._waiting and rows + len(self._waiting[0].rows) <= self._max_batch
        ):
            batch.append(self._waiting.popleft())
            rows += len(batch[-1].rows)
        self._waiting_rows -= rows
        return batch

    async def _answer(self, batch: list[_Waiting]) -> None:
        loop = asyncio.get_running_loop()
        rows = np.concatenate([one.rows for one in batch]) if len(batch) > 1 else batch[0].rows
        start = time.perf_counter()
        try:
            made = await loop.run_in_executor(self._thread, self._predict, rows)
        except Exception as error:  # noqa: BLE001 - it is the answer to whoever sent the rows
            if len(batch) == 1:
                if not batch[0].answer.done():
                    batch[0].answer.set_exception(error)
                return
            for one in batch:  # the others are not to blame
                await self._answer([one])
            return
        self._observe(len(rows), time.perf_counter() - start)
        first = 0
        for one in batch:
            part = slice(first, first + len(one.rows))
            first = part.stop
            if not one.answer.done():  # its client may have gone
                one.answer.set_result({name: values[part] for name, values in made.items()})
