"""What the experiments on learning share: a dictionary becomes a trained model and its test metrics."""

import datetime
import gc
import math
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf

import bnnc
from bnnc.errors import DivergedError
from bnnc.runtime.data.digits import load_digits

# A training that ends in NaN: no better than guessing, and infinitely sure of it.
DIVERGED = float("inf")


@dataclass(frozen=True)
class Outcome:
    """Test metrics of one training: accuracy, and negative log-likelihood in nats a row."""

    accuracy: float
    nll: float


def outcome(spec: dict[str, Any], batches_of: int | None = None) -> Outcome:
    """Train a spec on the data that it names, as it says, and evaluate it.

    With `batches_of`, the batches have so many rows, whatever the spec says: for a batch size that
    the checker refuses.
    """
    program = bnnc.compile(spec)
    try:
        if batches_of is None:
            program.fit(verbose=0)
        else:
            rows = load_digits().train
            batches = tf.data.Dataset.from_tensor_slices((rows.images, rows.labels))
            program.fit(batches.shuffle(len(rows.images), seed=0).batch(batches_of), verbose=0)
        metrics = program.evaluate(spec["data"]["source"])
        return Outcome(metrics["accuracy"], metrics["nll"])
    except DivergedError:
        return Outcome(math.exp(-(program.spec.output.information or 0.0)), DIVERGED)
    finally:
        # Hundreds of models in one process: their graphs would fill the memory.
        keras.backend.clear_session()
        gc.collect()


def linear_accuracy(source: str, seeds: Iterable[int], epochs: int = 10) -> float:
    """Mean test accuracy of a linear classifier under Keras's defaults: Adam 0.001, batches of 32."""
    reached = [
        outcome(
            {
                **on(source),
                "layers": [{"type": "flatten"}, {"type": "dense", "units": 10}],
                "training": {
                    "optimizer": {"type": "adam", "learning_rate": 0.001},
                    "batch_size": 32,
                    "epochs": epochs,
                    "seed": seed,
                },
                "prediction": {"samples": 1},
            }
        ).accuracy
        for seed in seeds
    ]
    return sum(reached) / len(reached)


def on(source: str) -> dict[str, Any]:
    """The sections of a spec that the data gives: ten classes of `digits` or `fashion-mnist`."""
    shape, high = {"digits": ([8, 8, 1], 16), "fashion-mnist": ([28, 28, 1], 255)}[source]
    return {
        "bnnc": 1,
        "name": "experiment",
        "input": {"shape": shape, "value_range": [0, high]},
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 10,
            "labels": "integer",
        },
        "data": {"source": source},
    }


def machine() -> str:
    """Date, machine and versions, for the head of a table."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("keras", "tensorflow"))
    return (
        f"{datetime.date.today().isoformat()}, {os.cpu_count()} CPU cores, Python "
        f"{platform.python_version()}, {versions}."
    )
