"""The Open Inference Protocol, version 2 over REST: exact answers, and errors in its form."""

import asyncio
import json
from typing import Any

import httpx
import numpy as np
import pytest

from bnnc.serving.preflight import Limits
from bnnc.serving.protocol import BINARY_HEADER
from bnnc.version import VERSION
from tests.support.malformed_requests import malformed
from tests.support.serving import (
    INFER,
    SHAPE,
    binary_request,
    client_of,
    images,
    number_model,
    predicted,
    request_of,
    run_async,
    tiny_model,
)


def answered(method: str, path: str, model: Any = None, **how: Any) -> httpx.Response:
    async def called() -> httpx.Response:
        async with client_of(model or tiny_model()) as client:
            return await client.request(method, path, **how)

    return run_async(called())


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v2", {"name": "bnnc", "version": VERSION, "extensions": ["binary_tensor_data"]}),
        ("/v2/", {"name": "bnnc", "version": VERSION, "extensions": ["binary_tensor_data"]}),
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"live": True, "ready": True}),
        ("/v2/models/tiny/ready", {"name": "tiny", "ready": True}),
        (
            "/v2/models/tiny",
            {
                "name": "tiny",
                "platform": "test",
                "inputs": [{"name": "images", "datatype": "FP32", "shape": [-1, 2, 2, 1]}],
                "outputs": [
                    {"name": "confidence", "datatype": "FP32", "shape": [-1]},
                    {"name": "entropy", "datatype": "FP32", "shape": [-1]},
                    {"name": "expected_entropy", "datatype": "FP32", "shape": [-1]},
                    {"name": "label", "datatype": "INT64", "shape": [-1]},
                    {"name": "mutual_information", "datatype": "FP32", "shape": [-1]},
                    {"name": "probs", "datatype": "FP32", "shape": [-1, 3]},
                    {"name": "sets", "datatype": "BOOL", "shape": [-1, 3]},
                ],
                "properties": {},
            },
        ),
    ],
)
def test_metadata_and_health_are_those_of_the_protocol(path: str, answer: Any) -> None:
    response = answered("GET", path)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == answer


def test_an_inference_gives_the_outputs_that_were_asked_for_in_their_order() -> None:
    rows = np.array([[3, 1, 1, 9], [0, 0, 2, 0]], np.float32).reshape(2, *SHAPE)
    asked = [{"name": "probs"}, {"name": "label"}, {"name": "sets"}]
    response = answered("POST", INFER, json=request_of(rows, id="42", outputs=asked))
    assert response.json() == {
        "model_name": "tiny",
        "id": "42",
        "outputs": [
            {
                "name": "probs",
                "shape": [2, 3],
                "datatype": "FP32",
                "data": np.array([0.5, 0.25, 0.25, 0.2, 0.2, 0.6], np.float32).tolist(),
            },
            {"name": "label", "shape": [2], "datatype": "INT64", "data": [0, 2]},
            {
                "name": "sets",
                "shape": [2, 3],
                "datatype": "BOOL",
                "data": [True, True, True, False, False, True],
            },
        ],
    }


def test_without_outputs_all_are_given_and_without_an_id_none() -> None:
    answer = answered("POST", INFER, json=request_of(images(2))).json()
    assert "id" not in answer
    assert [one["name"] for one in answer["outputs"]] == sorted(predicted(images(2)))


@pytest.mark.parametrize("datatype", ["UINT8", "INT64", "FP16", "FP32", "FP64"])
@pytest.mark.parametrize("natural", [False, True])
def test_every_type_of_number_is_taken_flat_or_in_its_shape(datatype: str, natural: bool) -> None:
    rows = images(3)
    asked = request_of(rows, datatype=datatype)
    if natural:
        asked["inputs"][0]["data"] = rows.tolist()
    answer = answered("POST", INFER, json=asked).json()
    probs = next(one for one in answer["outputs"] if one["name"] == "probs")
    assert probs["data"] == predicted(rows)["probs"].ravel().tolist()


@pytest.mark.parametrize("datatype", [("UINT8", "u1"), ("FP16", "<f2"), ("FP64", "<f8")])
def test_tensors_are_taken_and_given_in_bytes(datatype: tuple[str, str]) -> None:
    rows = images(3)
    asked = [{"name": "label"}, {"name": "probs", "parameters": {"binary_data": False}}]
    body, headers = binary_request(
        rows.astype(datatype[1]),
        datatype[0],
        outputs=asked,
        parameters={"binary_data_output": True},
    )
    response = answered("POST", INFER, content=body, headers=headers)
    assert response.headers["content-type"] == "application/octet-stream"
    length = int(response.headers[BINARY_HEADER])
    label, probs = json.loads(response.content[:length])["outputs"]
    assert label["parameters"] == {"binary_data_size": 24}
    assert "data" not in label
    found = np.frombuffer(response.content[length:], "<i8")
    np.testing.assert_array_equal(found, predicted(rows)["label"])
    assert probs["data"] == predicted(rows)["probs"].ravel().tolist()


def test_a_number_that_json_does_not_have_is_null() -> None:
    asked = request_of(np.array([[1, 2]], np.float32), "features")
    answer = answered("POST", "/v2/models/sum/infer", number_model(), json=asked).json()
    found = {one["name"]: one for one in answer["outputs"]}
    assert found["conformal_interval"]["data"] == [-2.0, None]
    assert found["mean"]["data"] == [3.0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "image"}, "expected a tensor called `images`. Received: `image`"),
        ({"shape": [1, 2, 2]}, "expected a `shape` [images, 2, 2, 1]. Received: [1, 2, 2]"),
        ({"shape": [999, 2, 2, 1]}, "with 1 to 256 images in a request. Received: 999"),
        ({"datatype": "BYTES"}, "expected numbers, such as FP32. Received: BYTES"),
        ({"data": [1, 2, 3]}, "expected 4 numbers, as [1, 2, 2, 1] or as one array"),
        ({"data": [1, 2, 3, 99]}, "row 0 holds the value 99. Expected values in `value_range: [0"),
        ({"data": [1, 2, 3, "4"]}, "expected numbers, in arrays of one shape"),
        ({"datatype": "UINT8", "data": [1, 2, 3, 4.5]}, "whole numbers from 0 to 255"),
    ],
)
def test_an_error_says_what_was_expected(change: dict[str, Any], said: str) -> None:
    asked = request_of(images())
    asked["inputs"][0] |= change
    response = answered("POST", INFER, json=asked)
    assert response.status_code == 400
    assert list(response.json()) == ["error"]
    assert said in response.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/models/other", 404),
        ("GET", "/v2/models/other/ready", 404),
        ("POST", "/v2/models/other/infer", 404),
        ("GET", "/v2/models/tiny/versions/1", 404),
        ("GET", INFER, 405),
        ("GET", "/openapi.json", 404),
    ],
)
def test_other_addresses_are_errors_in_the_same_form(method: str, path: str, status: int) -> None:
    response = answered(method, path)
    assert response.status_code == status
    assert list(response.json()) == ["error"]


def test_three_hundred_malformed_requests_are_refused_and_the_next_is_answered() -> None:
    limits = Limits(max_rows=8, max_body=200_000)

    async def tried() -> None:
        async with client_of(tiny_model(), limits) as client:
            for seed in range(300):
                one = malformed(seed, "tiny", SHAPE, limits.max_rows)
                response = await client.request(
                    one.method, one.path, content=one.body, headers=one.headers
                )
                status = response.status_code
                assert 400 <= status < 500 or (status == 200 and not one.certain), (
                    seed,
                    one,
                    status,
                )
                if status != 200:
                    assert set(response.json()) == {"error"}, (seed, one)
                    assert isinstance(response.json()["error"], str)
            after = await client.post(INFER, json=request_of(images()))
            assert after.status_code == 200

    run_async(tried())


def test_a_body_that_is_too_large_is_refused_with_and_without_its_length() -> None:
    async def parts() -> Any:
        for _ in range(20):
            yield b" " * 100

    async def tried() -> list[httpx.Response]:
        async with client_of(tiny_model(), Limits(max_body=1000)) as client:
            return [
                await client.post(INFER, content=b" " * 2000),
                await client.post(INFER, content=parts()),
            ]

    for response in run_async(tried()):
        assert response.status_code == 413
        assert response.json() == {"error": "expected a body of at most 1,000 bytes"}


def test_a_body_that_does_not_arrive_is_given_up() -> None:
    async def slow() -> Any:
        yield b"{"
        await asyncio.sleep(30)

    async def tried() -> httpx.Response:
        async with client_of(tiny_model(), Limits(body_seconds=0.05)) as client:
            return await client.post(INFER, content=slow())

    assert run_async(tried()).status_code == 408
