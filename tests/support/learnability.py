"""A net on the digits without a finding, which tests of the BNN5xx rules change."""

from __future__ import annotations

import json
from typing import Any

from bnnc.compiler.pipeline import check_bytes

ROWS = 1_437


def spec(**changes: Any) -> dict[str, Any]:
    """A net on digits without a finding; changes replace whole sections."""
    return {
        "bnnc": 1,
        "name": "example",
        "input": {"shape": [8, 8, 1], "value_range": [0, 16]},
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 64, "activation": "relu"},
            {"type": "dense", "units": 10},
        ],
        "bayesian": {"method": "flipout", "prior": {"scale": 1.0}},
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 10,
            "labels": "integer",
        },
        "training": {
            "optimizer": {"type": "adam", "learning_rate": 0.003},
            "batch_size": 32,
            "epochs": 10,
        },
        "prediction": {"samples": 16},
        "data": {"source": "digits"},
        **changes,
    }


def codes(**changes: Any) -> list[str]:
    document = spec(**changes)
    report = check_bytes("spec.json", json.dumps(document).encode())
    return [one.code for one in report.diagnostics]


def posterior(scale: float, **bayesian: Any) -> dict[str, Any]:
    prior = {"scale": 1000.0}
    return {
        "method": "flipout",
        "prior": prior,
        "posterior": {"initial_scale": scale},
        **bayesian,
    }


def training(**changes: Any) -> dict[str, Any]:
    return {**spec()["training"], **changes}


def optimizer(kind: str, rate: Any, **arguments: Any) -> dict[str, Any]:
    return {"type": kind, "learning_rate": rate, **arguments}
