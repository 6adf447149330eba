"""Requests that are predicted together, refused, and answered to the last."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import pytest

from bnnc.serving.batching import Batcher
from bnnc.serving.preflight import Limits
from bnnc.serving.served import Arrays
from tests.support.serving import (
    INFER,
    client_of,
    images,
    predicted,
    request_of,
    run_async,
    tiny_model,
)

Rows = npt.NDArray[Any]


class Held:
    """A prediction that waits for a word, and notes the rows of each batch."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.began = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def __call__(self, rows: Rows) -> Arrays:
        self.batches.append(len(rows))
        self.began.release()
        assert self.may_end.acquire(timeout=30)
        return predicted(rows)


def gathered(
    sizes: list[int], predict: Callable[[Rows], Arrays], **how: Any
) -> list[Arrays | BaseException]:
    """Predict requests of so many rows that arrive together behind one that is held up."""

    async def tried() -> list[Arrays | BaseException]:
        batcher = Batcher(predict, **{"max_batch": 8, "max_delay": 0.0, **how})
        batcher.start()
        tasks = [asyncio.create_task(batcher.predict(images(rows, seed=rows))) for rows in sizes]
        made = await asyncio.gather(*tasks, return_exceptions=True)
        await batcher.stop()
        return list(made)

    return run_async(tried())


@pytest.mark.parametrize(
    ("sizes", "how", "batches"),
    [
        ([1, 2, 3], {}, [6]),
        ([4, 4, 1], {}, [8, 1]),
        ([5, 4, 3], {}, [5, 7]),
        ([20, 1, 1], {}, [20, 2]),
        ([1, 2, 3], {"joins": False}, [1, 2, 3]),
        ([1, 2, 3], {"max_batch": 1}, [1, 2, 3]),
    ],
)
def test_requests_go_together_in_their_order_and_each_gets_its_own_rows(
    sizes: list[int], how: dict[str, Any], batches: list[int]
) -> None:
    found: list[int] = []

    def predict(rows: Rows) -> Arrays:
        found.append(len(rows))
        return predicted(rows)

    made = gathered(sizes, predict, **how)
    assert found == batches
    for rows, one in zip(sizes, made, strict=True):
        assert isinstance(one, dict)
        for name, values in predicted(images(rows, seed=rows)).items():
            np.testing.assert_array_equal(one[name], values)


def test_a_request_waits_for_others_no_longer_than_the_delay() -> None:
    async def tried() -> list[int]:
        found: list[int] = []

        def predict(rows: Rows) -> Arrays:
            found.append(len(rows))
            return predicted(rows)

        batcher = Batcher(predict, max_batch=3, max_delay=30.0)
        batcher.start()
        first = asyncio.create_task(batcher.predict(images(1)))
        await asyncio.sleep(0.05)
        assert not first.done()
        await asyncio.gather(first, batcher.predict(images(2)))  # which fills the batch
        last = asyncio.create_task(batcher.predict(images(1)))
        await asyncio.sleep(0)
        await batcher.stop()  # which waits for nobody
        await last
        return found

    assert run_async(tried()) == [3, 1]


def test_rows_that_fail_do_not_fail_those_of_others() -> None:
    def predict(rows: Rows) -> Arrays:
        if (rows == images(2, seed=2)[:1]).all(axis=(1, 2, 3)).any():
            raise ValueError("these rows")
        return predicted(rows)

    first, second, third = gathered([1, 2, 3], predict)
    assert isinstance(second, ValueError)
    assert isinstance(first, dict)
    assert isinstance(third, dict)


async def _overloaded(held: Held, client: httpx.AsyncClient) -> list[asyncio.Task[httpx.Response]]:
    """Ten requests, of which the queue takes four; the first is being predicted."""
    sent = [
        asyncio.create_task(client.post(INFER, json=request_of(images(1, seed), id=str(seed))))
        for seed in range(10)
    ]
    await asyncio.to_thread(held.began.acquire)
    done, _ = await asyncio.wait(sent, timeout=30, return_when=asyncio.FIRST_COMPLETED)
    while len(done) < 6:
        await asyncio.sleep(0)
        done = {one for one in sent if one.done()}
    return sent


def test_under_overload_the_rest_is_refused_and_all_that_was_accepted_is_answered() -> None:
    held = Held()
    held.may_end.release()  # for the prediction that warms up

    async def tried() -> tuple[list[httpx.Response], str]:
        limits = Limits(max_queue=4, max_batch=2)
        async with client_of(tiny_model(held), limits) as client:
            assert held.began.acquire(timeout=30)
            sent = await _overloaded(held, client)
            live = await client.get("/v2/health/live")
            assert live.status_code == 200
            for _ in range(4):
                held.may_end.release()
            return await asyncio.gather(*sent), (await client.get("/metrics")).text

    responses, metrics = run_async(tried())
    refused = [one for one in responses if one.status_code == 503]
    accepted = [one for one in responses if one.status_code == 200]
    assert len(refused) == 6
    assert len(accepted) == 4
    for one in refused:
        assert int(one.headers["retry-after"]) >= 1
        assert one.json() == {"error": "4 requests are waiting: try again later"}
    for one in accepted:
        answer = one.json()
        probs = next(each for each in answer["outputs"] if each["name"] == "probs")
        assert probs["data"] == predicted(images(1, int(answer["id"])))["probs"].ravel().tolist()
    assert "bnnc_overloaded_requests_total 6.0" in metrics
    assert "bnnc_requests_in_flight 0.0" in metrics
    assert 'status="503"} 6.0' in metrics
    assert held.batches[0] == 2
    assert sum(held.batches[1:]) == 4
    assert "bnnc_rows_total 6.0" in metrics


def test_a_server_that_stops_answers_what_it_has_accepted() -> None:
    held = Held()
    held.may_end.release()

    async def tried() -> list[httpx.Response]:
        async with client_of(tiny_model(held), Limits(max_batch=1)) as client:
            assert held.began.acquire(timeout=30)
            sent = [
                asyncio.create_task(client.post(INFER, json=request_of(images(1, seed))))
                for seed in range(3)
            ]
            await asyncio.to_thread(held.began.acquire)
            for _ in range(3):
                held.may_end.release()
            # The block ends now: two of three have not begun.
        return await asyncio.gather(*sent)

    assert [one.status_code for one in run_async(tried())] == [200] * 3


def test_a_failure_is_an_error_in_the_form_of_the_protocol_and_not_the_end() -> None:
    calls = 0

    def predict(rows: Rows) -> Arrays:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise RuntimeError("a secret of the server")
        return predicted(rows)

    async def tried() -> list[httpx.Response]:
        async with client_of(tiny_model(predict)) as client:
            return [await client.post(INFER, json=request_of(images())) for _ in range(2)]

    first, second = run_async(tried())
    assert first.status_code == 500
    assert list(first.json()) == ["error"]
    assert "secret" not in first.text
    assert second.status_code == 200
