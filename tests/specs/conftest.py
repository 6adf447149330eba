"""Two specs as plain values: one with nothing but what is required, one with every section."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def minimal() -> dict[str, Any]:
    return {
        "bnnc": 1,
        "name": "example",
        "input": {"shape": [28, 28, 1]},
        "layers": [{"type": "flatten"}, {"type": "dense", "units": 10}],
        "output": {
            "distribution": "categorical",
            "parameterization": "logits",
            "classes": 10,
            "labels": "integer",
        },
    }


@pytest.fixture
def full(minimal: dict[str, Any]) -> dict[str, Any]:
    return {
        **minimal,
        "bayesian": {"method": "flipout", "prior": {"scale": 0.2}, "posterior": {}},
        "loss": {"type": "negative_log_likelihood", "kl": {"cyclical": {}}},
        "training": {
            "optimizer": {
                "type": "adamw",
                "learning_rate": {"type": "cosine_decay", "initial_learning_rate": 0.01},
                "use_ema": True,
            },
            "early_stopping": {"patience": 5},
            "initialize_from": {"run": "runs/first", "relative_scale": 0.1},
        },
        "ensemble": {"members": 3},
        "prediction": {
            "samples": 8,
            "sets": {"method": "raps"},
            "reject": {"risk": 0.05},
            "interval": {"method": "cqr"},
        },
        "calibration": {"method": "temperature"},
        "evaluation": {"ood": ["mnist"], "shift": ["blur"]},
        "data": {"source": "digits"},
    }
