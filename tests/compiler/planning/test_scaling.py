"""What several workers have to send to each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bnnc
from bnnc.cli.app import run
from bnnc.compiler.planning.scaling import Step, gradient_bytes, last_worth, ring_seconds

SPEC = {
    "bnnc": 1,
    "name": "small",
    "input": {"shape": [8, 8, 1]},
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 3}],
    "bayesian": {"method": "flipout"},
    "output": {
        "distribution": "categorical",
        "parameterization": "logits",
        "classes": 3,
        "labels": "integer",
    },
    "training": {"batch_size": 32},
}


def test_a_ring_sends_each_number_twice_less_a_share() -> None:
    # 1 GB over 8 Gbit/s is a second; with n workers, 2 (n - 1) / n of it.
    assert ring_seconds(10**9, 2, 8, latency=0) == pytest.approx(1.0)
    assert ring_seconds(10**9, 4, 8, latency=0) == pytest.approx(1.5)
    assert ring_seconds(0, 4, 8, latency=0.01) == pytest.approx(0.06)


def test_gradients_are_four_bytes_for_each_trainable_weight() -> None:
    plan = bnnc.plan(SPEC)
    assert gradient_bytes(plan) == 4 * plan.trainable


def test_without_messages_all_workers_are_used_until_the_overhead_weighs() -> None:
    step = Step(overhead=0.0, of_row=1.0)
    assert step.seconds(64, 0, 1, 1) == 64
    assert last_worth(step, 64, 0, 1, (2, 8, 64, 128)) == 64
    # With half of a step not divided, two workers gain a quarter, and four are less than half used.
    assert last_worth(Step(overhead=64.0, of_row=1.0), 64, 0, 1, (2, 4, 8)) == 2


def test_the_plan_counts_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "spec.json"
    file.write_text(json.dumps(SPEC))
    assert run(["plan", str(file), "--workers", "4", "--json"]) == 0
    workers = json.loads(capsys.readouterr().out)["workers"]
    assert workers["rows_per_worker"] == 8
    assert workers["gradient_bytes"] == gradient_bytes(bnnc.plan(SPEC))
    assert run(["plan", str(file), "--workers", "64"]) == 0
    assert "a batch of 32 rows cannot be divided over them" in capsys.readouterr().out
