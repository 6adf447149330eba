"""The BNN5xx rules: their arithmetic against simulation, their limits, and one finding a cause."""

from __future__ import annotations

import json
from math import ceil, log, sqrt
from typing import Any

import numpy as np
import pytest

import bnnc
from bnnc.compiler import budget
from bnnc.compiler.initialisation import noise_over_signal
from bnnc.compiler.pipeline import check_bytes
from bnnc.compiler.rules import (
    bnn501_noise_drowns_the_signal,
    bnn502_prior_outweighs_the_data,
    bnn503_learning_rate_too_high,
    bnn504_training_too_short,
    bnn507_dropout_drowns_the_signal,
)
from bnnc.specs.priors import NormalPrior
from bnnc.specs.schedules import ScheduleSection

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


def test_the_net_that_the_tests_change_has_no_finding() -> None:
    assert codes() == []


@pytest.mark.parametrize("kernel", [(30, 20), (3, 3, 4, 8)])
def test_noise_over_signal_is_what_random_kernels_give(kernel: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    fan_in, units = int(np.prod(kernel[:-1])), kernel[-1]
    scale, draws = 0.3, 4000
    inputs = random.normal(size=fan_in)
    means = random.normal(size=(draws, fan_in, units)) * sqrt(2 / fan_in)
    noise = random.normal(size=(draws, fan_in, units)) * scale
    signal_outputs, noise_outputs = inputs @ means, inputs @ noise
    measured = noise_outputs.var() / signal_outputs.var()
    # A variance from n normal numbers has a relative standard error of sqrt(2 / n); two of them.
    error = measured * sqrt(2) * sqrt(2 / (draws * units))
    assert measured == pytest.approx(noise_over_signal(kernel, scale), abs=5 * error)


def test_the_two_parts_of_the_kl_are_tfps_for_means_of_hes_size() -> None:
    tfd = pytest.importorskip("tensorflow_probability").distributions
    kernel, scale, prior = (50, 40), 0.02, 0.3
    random = np.random.default_rng(1)
    means = random.normal(size=kernel) * sqrt(2 / 50)
    each = tfd.kl_divergence(tfd.Normal(means, np.float64(scale)), tfd.Normal(np.float64(0), prior))
    total = float(np.sum(each.numpy()))
    error = float(np.std(each.numpy()) * sqrt(means.size))
    section = NormalPrior(scale=prior)
    assert total == pytest.approx(section.kl_at_start(kernel, scale), abs=5 * error)


def scale_of_inflation(inflation: float) -> float:
    # Both kernels of the net have a fan-in of 64.
    return sqrt((sqrt(inflation) - 1) * 2 / 64)


@pytest.mark.parametrize(("times", "found"), [(0.999, []), (1.001, ["BNN501"])])
def test_noise_is_found_from_its_threshold_on(times: float, found: list[str]) -> None:
    limit = bnn501_noise_drowns_the_signal.LARGEST_INFLATION
    assert codes(bayesian=posterior(scale_of_inflation(limit * times))) == found


def test_noise_counts_the_layers_that_are_selected_alone() -> None:
    limit = bnn501_noise_drowns_the_signal.LARGEST_INFLATION
    scale = scale_of_inflation(limit * 1.1)
    assert codes(bayesian=posterior(scale, layers="last")) == []
    assert codes(bayesian=posterior(2 * scale, layers="last")) == ["BNN501"]


def test_a_posterior_wider_than_its_prior_is_said_once() -> None:
    assert codes(
        bayesian=posterior(0.9, prior={"scale": 0.5}),
    ) == ["BNN412"]


def prior_of_cost(share: float) -> float:
    # 74 units, over the rows, against the loss of guessing.
    return sqrt(74 / (ROWS * share * log(10)))


@pytest.mark.parametrize(("times", "found"), [(0.999, []), (1.001, ["BNN502"])])
def test_a_prior_is_too_narrow_from_its_threshold_on(times: float, found: list[str]) -> None:
    share = bnn502_prior_outweighs_the_data.LARGEST_SHARE * times
    prior = {"scale": prior_of_cost(share)}
    assert codes(bayesian={"method": "flipout", "prior": prior}) == found


def test_a_prior_that_is_learned_starts_at_a_tenth() -> None:
    wide = {"type": "dense", "units": 256, "activation": "relu"}
    layers = [{"type": "flatten"}, wide, {"type": "dense", "units": 10}]
    assert codes(layers=layers, bayesian={"method": "flipout", "prior": {"scale": "learned"}}) == [
        "BNN502"
    ]


def test_a_kl_that_is_counted_too_often_is_said_once() -> None:
    prior = {"scale": prior_of_cost(0.25)}
    bayesian = {"method": "flipout", "prior": prior}
    assert codes(bayesian=bayesian) == []
    assert codes(bayesian=bayesian, loss={"kl": {"weight": 0.1}}) == ["BNN417"]


def test_a_small_weight_or_a_cold_posterior_lets_a_narrow_prior_pass() -> None:
    bayesian = {"method": "flipout", "prior": {"scale": prior_of_cost(1)}}
    assert codes(bayesian=bayesian) == ["BNN502"]
    assert codes(bayesian=bayesian, loss={"kl": {"weight": 0.1 / ROWS}}) == []


def test_without_named_data_nothing_is_said_of_rows_and_steps() -> None:
    document = spec(
        bayesian={"method": "flipout", "prior": {"scale": 0.02}},
        training=training(batch_size=1_000_000, optimizer=optimizer("adam", 1e-6)),
    )
    del document["data"]
    assert bnnc.check(document).diagnostics == ()


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


def test_memory_is_that_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    plan_bytes = bnnc.compile(spec()).manifest["plan"]["totals"]["training_bytes"]
    for memory, found in ((plan_bytes, []), (plan_bytes - 1, ["BNN506"]), (None, [])):
        monkeypatch.setattr(
            "bnnc.compiler.rules.bnn506_step_larger_than_memory.machine_bytes",
            lambda memory=memory: memory,
        )
        assert codes() == found


def test_the_memory_of_this_machine_is_more_than_the_tests_need() -> None:
    memory = budget.machine_bytes()
    assert memory is not None
    assert memory > 2**30


@pytest.mark.parametrize(
    ("rates", "found"),
    [([0.74], []), ([0.75], ["BNN507"]), ([0.5, 0.5], ["BNN507"]), ([0.5, 0.4], [])],
)
def test_dropout_layers_multiply(rates: list[float], found: list[str]) -> None:
    assert bnn507_dropout_drowns_the_signal.LARGEST_INFLATION == 4
    layers: list[dict[str, Any]] = [{"type": "flatten"}]
    for rate in rates:
        layers.append({"type": "dense", "units": 32, "activation": "relu"})
        layers.append({"type": "dropout", "rate": rate})
    layers.append({"type": "dense", "units": 10})
    assert codes(layers=layers, bayesian={"method": "mc_dropout"}) == found


DENSE = {"type": "dense", "units": 10}


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        ([{"type": "dense", "units": 32}], 1),
        ([{"type": "dense", "units": 32}, {"type": "batch_normalization"}], 1),
        ([{"type": "dense", "units": 32}, {"type": "activation", "activation": "linear"}], 1),
        ([{"type": "dense", "units": 32}, {"type": "dense", "units": 20}], 2),
        ([{"type": "dense", "units": 32}, {"type": "activation", "activation": "relu"}], 0),
        ([{"type": "dense", "units": 32}, {"type": "dropout", "rate": 0.1}], 0),
        ([{"type": "dense", "units": 9}], 0),  # a low-rank factor
    ],
)
def test_linear_layers_in_a_row_are_found(layers: list[dict[str, Any]], found: int) -> None:
    stack = [{"type": "flatten"}, *layers, DENSE]
    assert codes(layers=stack, bayesian={"method": "none"}, prediction={"samples": 1}) == (
        ["BNN510"] * found
    )


def test_a_linear_convolution_before_the_head_is_found_and_a_max_pooling_between_is_none() -> None:
    convolution = {"type": "conv2d", "filters": 8, "kernel_size": 3}
    for between, found in (([], ["BNN510"]), ([{"type": "max_pooling2d"}], [])):
        stack = [convolution, *between, {"type": "flatten"}, DENSE]
        assert codes(layers=stack) == found


def test_batch_normalization_of_one_row_is_found_on_rows_and_not_on_maps() -> None:
    relu = {"type": "dense", "units": 32, "activation": "relu"}
    normalization = {"type": "batch_normalization"}
    single = {"training": training(batch_size=1), "bayesian": {"method": "none"}}
    single["prediction"] = {"samples": 1}
    rows = [{"type": "flatten"}, relu, normalization, DENSE]
    maps = [normalization, {"type": "flatten"}, relu, DENSE]
    assert codes(layers=rows, **single) == ["BNN508"]
    assert codes(layers=maps, **single) == []


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


DETERMINISTIC: dict[str, Any] = {"bayesian": {"method": "none"}, "prediction": {"samples": 1}}


@pytest.mark.parametrize(("left", "found"), [(0.0999, []), (0.1001, ["BNN511"])])
def test_averages_have_not_arrived_above_their_threshold(left: float, found: list[str]) -> None:
    batches = 10 * ceil(ROWS / 32)
    normalization = {"type": "batch_normalization", "momentum": left ** (1 / batches)}
    layers = [*spec()["layers"][:2], normalization, spec()["layers"][2]]
    assert codes(layers=layers, **DETERMINISTIC) == found
    # Ten times the epochs, or data whose rows nobody knows.
    longer = training(epochs=100)
    assert codes(layers=layers, training=longer, **DETERMINISTIC) == []
    assert codes(layers=layers, data={"source": "some.npz"}, **DETERMINISTIC) == []


@pytest.mark.parametrize(
    ("backbone", "found"),
    [
        ({"application": "MobileNetV2", "weights": "none"}, ["BNN511"]),
        ({"application": "EfficientNetB0", "weights": "none"}, []),
        ({"application": "VGG16", "weights": "none"}, []),
        ({"application": "MobileNetV2", "weights": "mine.weights.h5"}, []),
        ({"application": "MobileNetV2", "weights": "none", "trainable": False}, ["BNN229"]),
    ],
)
def test_averages_of_a_backbone_have_not_arrived_where_they_begin_anew(
    backbone: dict[str, Any], found: list[str]
) -> None:
    layers = [
        {"type": "up_sampling2d", "size": 4},
        {"type": "backbone", "pooling": "avg", **backbone},
        spec()["layers"][2],
    ]
    assert codes(layers=layers, **DETERMINISTIC) == found


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


@pytest.mark.parametrize(("cost", "found"), [(0.99, []), (1.01, ["BNN502"])])
def test_the_prior_of_learned_rates_is_held_against_the_labels_too(
    cost: float, found: list[str]
) -> None:
    # Ten units behind a rate of 0.2: 10 / scale² / 0.8 nats over the rows, against half of log 10.
    most = bnn502_prior_outweighs_the_data.LARGEST_SHARE * log(10)
    scale = sqrt(10 / 0.8 / ROWS / (cost * most))
    layers = [
        {"type": "flatten"},
        {"type": "dense", "units": 64, "activation": "relu"},
        {"type": "dropout", "rate": 0.2},
        {"type": "dense", "units": 10},
    ]
    bayesian = {"method": "concrete_dropout", "prior": {"scale": scale}}
    assert codes(layers=layers, bayesian=bayesian) == found
