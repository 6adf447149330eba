"""The BNN5xx rules on the training: its rates, its length, its memory."""

from __future__ import annotations

import json
from typing import Any

import pytest

import bnnc
from bnnc.compiler.analysis import budget
from bnnc.compiler.pipeline import check_bytes, plan
from bnnc.compiler.rules.learnability import (
    bnn503_learning_rate_too_high,
    bnn504_training_too_short,
)
from bnnc.specs.methods import METHODS
from bnnc.specs.schedules import ScheduleSection
from tests.support.learnability import ROWS, codes, optimizer, spec, training


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (optimizer("adam", 0.0299), []),
        (optimizer("adam", 0.03), ["BNN503"]),
        (optimizer("adamw", 0.03, weight_decay=0), ["BNN503"]),
        (optimizer("sgd", 0.5), []),
        (optimizer("sgd", 0.51), ["BNN503"]),
        (optimizer("sgd", 0.05, momentum=0.9), []),
        (optimizer("sgd", 0.051, momentum=0.9), ["BNN503"]),
        (optimizer("adam", {"type": "cosine_decay", "initial_learning_rate": 0.03}), ["BNN503"]),
    ],
)
def test_a_learning_rate_is_too_high_for_its_optimizer(
    chosen: dict[str, Any], found: list[str]
) -> None:
    assert bnn503_learning_rate_too_high.HIGHEST_BOUNDED == 0.03
    assert bnn503_learning_rate_too_high.HIGHEST_UNBOUNDED == 0.5
    assert codes(training=training(optimizer=chosen)) == found


@pytest.mark.parametrize(
    ("parameterization", "units", "rate", "found"),
    [
        ("loc_and_unconstrained_scale", 2, 0.0199, []),
        ("loc_and_unconstrained_scale", 2, 0.02, ["BNN503"]),
        ("loc", 1, 0.02, []),
    ],
)
def test_a_scale_that_is_an_output_bears_a_lower_rate(
    parameterization: str, units: int, rate: float, found: list[str]
) -> None:
    output = {"distribution": "normal", "parameterization": parameterization, "labels": "real"}
    if parameterization == "loc":
        output["scale"] = "learned"
    layers = [{"type": "flatten"}, {"type": "dense", "units": units}]
    chosen = training(optimizer=optimizer("adam", rate))
    assert codes(output=output, layers=layers, training=chosen) == found
    sgd = training(optimizer=optimizer("sgd", 0.3))
    assert codes(output=output, layers=layers, training=sgd) == []


STEPS = 450  # ten epochs of 1,437 rows in batches of 32


@pytest.mark.parametrize(
    ("kind", "reach", "arguments"),
    [
        ("adam", bnn504_training_too_short.SHORTEST_BOUNDED, {}),
        ("sgd", bnn504_training_too_short.SHORTEST_UNBOUNDED, {}),
        ("sgd", bnn504_training_too_short.SHORTEST_UNBOUNDED / 10, {"momentum": 0.9}),
    ],
)
def test_a_training_is_too_short_below_its_threshold(
    kind: str, reach: float, arguments: dict[str, Any]
) -> None:
    for times, found in ((1.001, []), (0.999, ["BNN504"])):
        rate = times * reach / STEPS
        chosen = optimizer(kind, rate, **arguments)
        assert codes(training=training(optimizer=chosen)) == found
        # A cosine to 0 has half the first rate on average.
        decay = {"type": "cosine_decay", "initial_learning_rate": 2 * rate}
        assert codes(training=training(optimizer=optimizer(kind, decay, **arguments))) == found


@pytest.mark.parametrize(
    ("rate", "found"),
    [
        ({"type": "cosine_decay", "initial_learning_rate": 0}, ["BNN615"]),
        (
            {"type": "polynomial_decay", "initial_learning_rate": 0, "end_learning_rate": 0},
            ["BNN615"],
        ),
        ({"type": "cosine_decay", "initial_learning_rate": 5e-324}, ["BNN504"]),
        (5e-324, ["BNN504"]),
    ],
)
def test_a_training_without_a_rate_to_speak_of_is_found_once(rate: Any, found: list[str]) -> None:
    assert codes(training=training(optimizer=optimizer("adam", rate))) == found


def test_a_batch_larger_than_the_data_is_said_once() -> None:
    assert codes(training=training(batch_size=ROWS)) == ["BNN504"]
    assert codes(training=training(batch_size=ROWS + 1)) == ["BNN505"]
    validated = {"source": "digits", "validation_split": 0.5}
    assert codes(training=training(batch_size=800, epochs=1000), data=validated) == ["BNN505"]


def machine_of(memory: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    module = "bnnc.compiler.rules.learnability.bnn506_step_larger_than_memory"
    monkeypatch.setattr(f"{module}.machine_bytes", lambda: memory)


@pytest.mark.parametrize("method", METHODS)
def test_memory_is_that_of_the_machine(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    more: dict[str, dict[str, Any]] = {
        "laplace": {"layers": "last"},
        "sngp": {"gaussian_process": {"num_inducing": 4}},
    }
    sections = spec(bayesian={"method": method, **more.get(method, {})})
    if method.endswith("dropout"):
        sections["layers"].insert(2, {"type": "dropout", "rate": 0.1})
    report = check_bytes("spec.json", json.dumps(sections).encode())
    plan_bytes = plan(report).training_bytes
    for memory, found in ((plan_bytes, False), (plan_bytes - 1, True), (None, False)):
        machine_of(memory, monkeypatch)
        assert ("BNN506" in codes(**sections)) == found


def test_the_fit_of_a_gaussian_process_needs_its_covariance_ten_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needed = 80 * 4096**2
    for memory, found in ((needed, []), (needed - 1, ["BNN506"])):
        machine_of(memory, monkeypatch)
        process = {"num_inducing": 4096}
        assert codes(bayesian={"method": "sngp", "gaussian_process": process}) == found


def test_the_memory_of_this_machine_is_more_than_the_tests_need() -> None:
    memory = budget.machine_bytes()
    assert memory is not None
    assert memory > 2**30


SCHEDULES = [
    {"type": "cosine_decay", "initial_learning_rate": 0.01, "alpha": 0.1},
    {
        "type": "cosine_decay",
        "initial_learning_rate": 0.001,
        "warmup_target": 0.01,
        "warmup_epochs": 3,
    },
    {"type": "exponential_decay", "initial_learning_rate": 0.01, "decay_rate": 0.5},
    {
        "type": "exponential_decay",
        "initial_learning_rate": 0.01,
        "decay_rate": 0.5,
        "decay_epochs": 2.5,
        "staircase": True,
    },
    {"type": "polynomial_decay", "initial_learning_rate": 0.01, "power": 2.0},
    {"type": "polynomial_decay", "initial_learning_rate": 0.01, "decay_epochs": 3, "cycle": True},
    {
        "type": "piecewise_constant_decay",
        "boundaries": [2, 5.5],
        "values": [0.01, 0.02, 0.001],
    },
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda one: str(one["type"]))
def test_the_rates_that_rules_reckon_with_are_those_of_the_training(
    schedule: dict[str, Any],
) -> None:
    document = spec(training=training(optimizer=optimizer("adam", schedule), epochs=8))
    program = bnnc.compile(document)
    program.model.bind(rows=ROWS, batch_size=32, epochs=8)
    keras_schedule = program.model.optimizer._learning_rate
    section = program.spec.training.optimizer.learning_rate
    assert isinstance(section, ScheduleSection)
    for step in range(1, 8 * 45, 7):
        assert section.rate_at(step / 45, 8) == pytest.approx(
            float(keras_schedule(step)), rel=1e-4, abs=1e-9
        )
