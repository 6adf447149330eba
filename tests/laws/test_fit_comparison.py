"""How likely rows are before and after a posterior is fitted, and when that is warned of."""

import warnings
from typing import Any

import numpy as np
import pytest
import scipy.stats

from bnnc.cli.trained import tell_of_chosen_scales
from bnnc.runtime.prediction.draws import WeightDraws
from bnnc.runtime.program import Program
from bnnc.runtime.training.fit_comparison import (
    DRAWS,
    LARGEST_RISE,
    MOST_ROWS,
    FitComparison,
    FitWarning,
    first_rows,
    negative_log_likelihoods,
)
from tests.support.predictions import of_classes
from tests.support.tiny_program import arrays, program

METHODS: dict[str, dict[str, Any]] = {
    "laplace": {"method": "laplace", "layers": "last", "prior": {"scale": 0.1}},
    "sngp": {"method": "sngp", "gaussian_process": {"num_inducing": 16}},
}


@pytest.fixture(params=METHODS)
def trained(request: pytest.FixtureRequest) -> Program:
    made = program("laplace", bayesian=METHODS[request.param])
    made.fit(*arrays(20), validation_data=arrays(12, seed=1), epochs=1)
    return made


def test_the_comparison_is_the_nll_of_predictions_on_the_rows_held_out(trained: Program) -> None:
    images, labels = arrays(12, seed=1)
    comparison = trained.model.fit_comparison
    assert comparison is not None
    probs = of_classes(trained.predict(images, DRAWS)).probs[np.arange(len(labels)), labels]
    np.testing.assert_allclose(comparison.nll_after, -np.log(probs).mean(), rtol=1e-4)
    for layer in trained.model.layers:
        if hasattr(layer, "forget_posterior"):
            layer.forget_posterior()
    probs = of_classes(trained.predict(images, 1)).probs[np.arange(len(labels)), labels]
    np.testing.assert_allclose(comparison.nll_before, -np.log(probs).mean(), rtol=1e-4)
    assert (comparison.rows, comparison.held_out) == (12, True)


def test_without_rows_held_out_the_first_rows_trained_on_are_compared() -> None:
    made = program("laplace", bayesian=METHODS["laplace"])
    images, labels = arrays(20)
    made.model.fit(images, labels, verbose=0)
    comparison = made.model.fit_comparison
    assert comparison is not None
    assert (comparison.rows, comparison.held_out) == (20, False)
    probs = of_classes(made.predict(images, DRAWS)).probs[np.arange(20), labels]
    np.testing.assert_allclose(comparison.nll_after, -np.log(probs).mean(), rtol=1e-4)


def test_the_nll_of_numbers_is_that_of_the_mean_density_over_draws() -> None:
    made = program(
        "laplace",
        bayesian=METHODS["laplace"],
        output={
            "distribution": "normal",
            "parameterization": "loc",
            "labels": "real",
            "scale": 0.5,
        },
        layers=[{"type": "flatten"}, {"type": "dense", "units": 1}],
    )
    images, _ = arrays(20)
    labels = images[:, 0, 0, 0] / 8 - 1
    made.fit(images, labels, epochs=1)
    batch = [(images, labels)]
    found = negative_log_likelihoods(made.model, batch, DRAWS)
    chunks = WeightDraws(made.model).parameters(images, DRAWS, None)
    means = np.concatenate([np.asarray(one) for _, one in chunks], axis=1)[..., 0]
    densities = scipy.stats.norm.pdf(labels, means, 0.5)
    np.testing.assert_allclose(found, -np.log(densities.mean(axis=0)), rtol=1e-4)


@pytest.mark.parametrize(("scale", "is_warned_of"), [(0.01, False), (50.0, True)])
def test_a_fit_that_makes_predictions_much_worse_is_warned_of(
    scale: float, is_warned_of: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    made = program(
        "laplace",
        bayesian={**METHODS["laplace"], "prior": {"scale": scale}},
        training={"optimizer": {"type": "adam", "learning_rate": 0.02}, "batch_size": 20},
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FitWarning)
        made.fit(*arrays(20), epochs=40)
    comparison = made.model.fit_comparison
    assert comparison is not None
    assert (comparison.nll_after - comparison.nll_before > LARGEST_RISE) == is_warned_of
    messages = [str(one.message) for one in caught if one.category is FitWarning]
    assert len(messages) == int(is_warned_of)
    assert all("Write a prior scale below 50" in one for one in messages)
    tell_of_chosen_scales(made)
    assert str(comparison) in capsys.readouterr().err


def test_a_fit_that_ends_in_no_number_is_worse() -> None:
    assert FitComparison(10, False, 0.1, float("nan")).is_worse
    assert not FitComparison(10, False, 0.7, 0.1).is_worse


def test_no_more_rows_are_compared_than_the_most() -> None:
    images, labels = np.zeros((MOST_ROWS - 10, 1)), np.zeros(MOST_ROWS - 10)
    kept = first_rows([(images, labels)] * 3)
    assert [len(one) for one, _ in kept] == [MOST_ROWS - 10, 10]
    assert [len(one) for _, one in kept] == [MOST_ROWS - 10, 10]
