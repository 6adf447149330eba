"""A model that answers in closed form, and a client of its server in the same process."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import httpx
import numpy as np
import numpy.typing as npt

from bnnc.serving.app import make_app
from bnnc.serving.preflight import Limits
from bnnc.serving.served import Arrays, ServedModel

SHAPE = (2, 2, 1)
NAMES = ("cat", "dog", "owl")
INFER = "/v2/models/tiny/infer"
Result = TypeVar("Result")


def predicted(rows: npt.NDArray[Any]) -> Arrays:
    """Probabilities that are the shares of the first three of four pixels, each plus 1."""
    parts = rows.reshape(len(rows), 4)[:, :3].astype(np.float32) + 1
    probs = parts / parts.sum(axis=1, keepdims=True)
    entropy = -(probs * np.log(probs)).sum(axis=1)
    return {
        "label": probs.argmax(axis=1),
        "probs": probs,
        "confidence": probs.max(axis=1),
        "entropy": entropy,
        "expected_entropy": 0.75 * entropy,
        "mutual_information": 0.25 * entropy,
        "sets": probs >= 0.25,
    }


def tiny_model(
    predict: Callable[[npt.NDArray[Any]], Arrays] = predicted, **changes: Any
) -> ServedModel:
    """Images of four pixels from 0 to 16, in three classes."""
    model = ServedModel("tiny", "test", predict, True, SHAPE, (0.0, 16.0), class_names=NAMES)
    return replace(model, **changes)


def number_model() -> ServedModel:
    """Rows of two features; their sum is the mean, and half of the variance is epistemic."""

    def predict(rows: npt.NDArray[Any]) -> Arrays:
        mean = rows.sum(axis=1)
        ones = np.ones_like(mean)
        return {
            "mean": mean,
            "std": 2 * ones,
            "aleatoric_std": np.sqrt(2) * ones,
            "epistemic_std": np.sqrt(2) * ones,
            "quantiles": mean[:, np.newaxis] + np.arange(-3, 4, dtype=np.float32),
            "conformal_interval": mean[:, np.newaxis] + np.array([-5, np.inf], np.float32),
        }

    levels = (0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975)
    return ServedModel(
        "sum", "test", predict, True, (2,), None, feature_names=("a", "b"), levels=levels
    )


@contextlib.asynccontextmanager
async def client_of(
    model: ServedModel, limits: Limits | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the server of a model, which runs meanwhile."""
    app = make_app(model, limits or Limits())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://server") as client,
    ):
        yield client


def run_async(made: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine; it fails rather than wait for ever."""
    return asyncio.run(asyncio.wait_for(made, 60))


def request_of(
    rows: npt.NDArray[Any], name: str = "images", datatype: str = "FP32", **more: Any
) -> dict[str, Any]:
    """The JSON object of a request."""
    tensor = {
        "name": name,
        "shape": list(rows.shape),
        "datatype": datatype,
        "data": rows.ravel().tolist(),
    }
    return {"inputs": [tensor], **more}


def images(count: int = 1, seed: int = 0) -> npt.NDArray[np.float32]:
    """Whole pixels, so that a share of them is exact in every type."""
    values = np.random.default_rng(seed).integers(0, 17, (count, *SHAPE))
    return values.astype(np.float32)


def binary_request(
    rows: npt.NDArray[Any], datatype: str, **more: Any
) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a request with a binary tensor."""
    data = rows.tobytes()
    tensor = {
        "name": "images",
        "shape": list(rows.shape),
        "datatype": datatype,
        "parameters": {"binary_data_size": len(data)},
    }
    text = json.dumps({"inputs": [tensor], **more}).encode()
    return text + data, {"Inference-Header-Content-Length": str(len(text))}
