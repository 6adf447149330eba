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

    A request waits until the prediction before it has ended, and then until there are `max_batch`
    rows, or it has waited for `max_delay`. A request of more rows than that is predicted alone.

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
        self._changed = asyncio.Event()
        self._is_closing = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="predict")
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting_rows(self) -> int:
        """Rows that no prediction has begun with."""
        return sum(len(one.rows) for one in self._waiting)

    def start(self) -> None:
        """Begin to answer. Call it in the event loop."""
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Answer what waits, and end."""
        self._is_closing = True
        self._changed.set()
        if self._task is not None:
            await self._task
        self._thread.shutdown()

    async def predict(self, rows: npt.NDArray[Any]) -> Arrays:
        """The prediction of rows [rows, ...]. Raises: whatever `predict` raises of these rows."""
        loop = asyncio.get_running_loop()
        one = _Waiting(rows, loop.time(), loop.create_future())
        self._waiting.append(one)
        self._changed.set()
        return await one.answer

    async def _work(self) -> None:
        while True:
            if self._waiting:
                await self._answer(await self._gathered())
            elif self._is_closing:
                return
            else:
                await self._change()

    async def _change(self, seconds: float | None = None) -> None:
        """Wait until a request arrives, the server closes, or some seconds are over."""
        self._changed.clear()
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return

    async def _gathered(self) -> list[_Waiting]:
        """The next requests to predict together."""
        clock = asyncio.get_running_loop().time
        end = self._waiting[0].since + self._max_delay
        while self._joins and not self._is_closing and self.waiting_rows < self._max_batch:
            left = end - clock()
            if left <= 0:
                break
            await self._change(left)
        batch = [self._waiting.popleft()]
        rows = len(batch[0].rows)
        while self._joins and self._waiting:
            rows += len(self._waiting[0].rows)
            if rows > self._max_batch:
                break
            batch.append(self._waiting.popleft())
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
