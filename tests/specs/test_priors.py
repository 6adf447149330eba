"""What a prior costs before training is what draws of HeNormal's means cost."""

from __future__ import annotations

import json
from math import sqrt
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import truncnorm

from bnnc.specs.priors import PRIORS, NormalPrior
from bnnc.specs.priors.laplace import LaplacePrior, folded_mean
from bnnc.specs.priors.sampled import SampledPrior
from bnnc.specs.spec import Spec

KERNEL = (3, 3, 4, 8)
FAN_IN = 36


@pytest.mark.parametrize("scale", [1e-4, 0.02, 0.5])
@pytest.mark.parametrize("square", [None, 0.01])
def test_a_laplace_prior_costs_what_drawn_weights_cost(scale: float, square: float | None) -> None:
    random = np.random.default_rng(3)
    if square is None:
        means = truncnorm.rvs(-2, 2, size=1_000_000, random_state=random)
        means *= sqrt(2 / FAN_IN) / truncnorm.std(-2, 2)
    else:
        means = random.normal(size=1_000_000) * sqrt(square)
    weights = means + scale * random.normal(size=means.size)
    prior = 0.3
    log_posterior = -0.5 * (1 + np.log(2 * np.pi)) - np.log(scale)
    each = log_posterior + np.log(2 * prior) + np.abs(weights) / prior
    count = np.prod(KERNEL)
    error = count * each.std() / sqrt(each.size)
    expected = LaplacePrior(distribution="laplace", scale=prior).kl_at_start(KERNEL, scale, square)
    assert expected == pytest.approx(count * each.mean(), abs=5 * error)
    of_means = LaplacePrior(distribution="laplace", scale=prior).kl_of_means(KERNEL, square)
    sizes = np.abs(means) / prior
    error = count * sizes.std() / sqrt(sizes.size)
    assert of_means == pytest.approx(count * sizes.mean(), abs=5 * error)


SAMPLED = [name for name, one in PRIORS.items() if issubclass(one, SampledPrior)]


@pytest.mark.parametrize("family", SAMPLED)
@pytest.mark.parametrize("scale", [1e-4, 0.02, 0.5])
@pytest.mark.parametrize("square", [None, 0.01])
def test_a_prior_without_a_closed_form_costs_what_drawn_weights_cost(
    family: str, scale: float, square: float | None
) -> None:
    prior: Any = PRIORS[family].model_validate({"distribution": family})
    random = np.random.default_rng(3)
    draws = 50_000
    if square is None:
        means = truncnorm.rvs(-2, 2, size=draws, random_state=random)
        means *= sqrt(2 / FAN_IN) / truncnorm.std(-2, 2)
    else:
        means = random.normal(size=draws) * sqrt(square)
    weights = means + scale * random.normal(size=draws)
    log_posterior = -0.5 * (1 + np.log(2 * np.pi)) - np.log(scale)
    each = log_posterior - np.array([prior.log_prob(one) for one in weights])
    count = np.prod(KERNEL)
    error = count * each.std() / sqrt(draws)
    found = prior.kl_at_start(KERNEL, scale, square)
    assert found == pytest.approx(count * each.mean(), abs=5 * error)


@pytest.mark.parametrize("family", SAMPLED)
def test_its_density_is_that_of_the_runtime(family: str) -> None:
    runtime = pytest.importorskip("bnnc.runtime")
    section: Any = PRIORS[family].model_validate({"distribution": family})
    made = getattr(runtime, type(section).__name__)(**section.arguments())
    weights = [0.0, 1e-3, 0.01, 0.2, -3.0]
    expected = np.asarray(made.distribution({}).log_prob(weights))
    assert [section.log_prob(one) for one in weights] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("square", [None, 0.04])
def test_means_cost_what_they_lose_of_density(square: float | None) -> None:
    prior = PRIORS["student_t"].model_validate({"distribution": "student_t", "df": 3.0})
    random = np.random.default_rng(4)
    means = random.normal(size=100_000) * sqrt(0.04 if square else 2 / FAN_IN)
    if square is None:
        means = truncnorm.rvs(-2, 2, size=means.size, random_state=random)
        means *= sqrt(2 / FAN_IN) / truncnorm.std(-2, 2)
    each = 2 * np.log1p((means / 0.1) ** 2 / 3)
    count = np.prod(KERNEL)
    error = count * each.std() / sqrt(each.size)
    assert prior.kl_of_means(KERNEL, square) == pytest.approx(count * each.mean(), abs=5 * error)


def test_a_mean_costs_no_less_than_under_the_wide_normal_of_a_mixture() -> None:
    prior: Any = PRIORS["scale_mixture"].model_validate({"distribution": "scale_mixture"})
    for mean in (0.001, 0.02, 0.3, 5.0):
        lost = prior.log_prob(0.0) - prior.log_prob(mean)
        of_one = prior.kl_of_means((1, 1), mean**2)
        assert of_one == pytest.approx(mean**2 / 2)
        assert lost >= of_one


def test_the_mean_of_a_folded_normal_ends_in_its_mean_and_in_its_scale() -> None:
    assert folded_mean(3.0, 1e-9) == 3.0
    assert folded_mean(-3.0, 1e-9) == 3.0
    assert folded_mean(0.0, 2.0) == pytest.approx(2 * sqrt(2 / np.pi))


@pytest.mark.parametrize("family", sorted(PRIORS))
def test_the_runtime_has_every_prior_under_its_name(family: str) -> None:
    runtime = pytest.importorskip("bnnc.runtime")
    section = PRIORS[family].model_validate({"distribution": family})
    name = section.runtime_class.rpartition(".")[2]
    assert name == type(section).__name__
    made: Any = getattr(runtime, name)(**section.arguments())
    assert made.distribution_name == family
    assert float(made.distribution({}).stddev()) == pytest.approx(section.stddev)


def test_a_prior_without_its_name_is_normal_and_means_the_same_with_it(minimal: Any) -> None:
    def spec(prior: Any) -> Spec:
        section = {"method": "flipout", "prior": prior}
        return Spec.from_json(json.dumps({**minimal, "bayesian": section}))

    unnamed, named = spec({"scale": 0.3}), spec({"distribution": "normal", "scale": 0.3})
    assert isinstance(unnamed.bayesian.prior, NormalPrior)
    assert unnamed.fingerprint() == named.fingerprint()
    laplace = spec({"distribution": "laplace", "scale": 0.3})
    assert laplace.fingerprint() != named.fingerprint()
    with pytest.raises(ValidationError):
        spec({"distribution": "cauchy"})
