"""The BNN5xx rules on noise and priors: their arithmetic against simulation, and their limits."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

import bnnc
from bnnc.compiler.analysis.initial_variance import noise_over_signal
from bnnc.compiler.rules.learnability import (
    bnn501_noise_drowns_the_signal,
    bnn502_prior_outweighs_the_data,
)
from bnnc.specs.priors import NormalPrior
from tests.support.learnability import ROWS, codes, optimizer, posterior, spec, training


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
