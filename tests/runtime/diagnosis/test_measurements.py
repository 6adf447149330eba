"""What `bnnc doctor` measures, against closed forms and data whose faults are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bnnc.runtime.diagnosis.images import images_of
from bnnc.runtime.diagnosis.layers import _Outputs
from bnnc.runtime.diagnosis.predictions import _nll_of_guessing_numbers
from bnnc.runtime.outputs.independent_bernoulli import IndependentBernoulli
from bnnc.runtime.outputs.normal import Normal
from bnnc.runtime.outputs.output import OutputDistribution
from bnnc.runtime.outputs.poisson import Poisson


def _brute(output: OutputDistribution, labels: np.ndarray) -> float:
    """Mean of minus the log-probability under the distribution fitted to all labels."""
    mean, std = labels.mean(axis=0), labels.std(axis=0)
    if isinstance(output, Normal):
        each = stats.norm.logpdf(labels, mean, std)
    elif isinstance(output, Poisson):
        each = stats.poisson.logpmf(labels, mean)
    else:
        each = stats.bernoulli.logpmf(labels, mean)
    return -float(each.reshape(len(labels), -1).sum(axis=1).mean())


@pytest.mark.parametrize(
    ("output", "labels"),
    [
        (Normal.__new__(Normal), np.random.default_rng(0).normal(3, 2, 200)),
        (Normal.__new__(Normal), np.random.default_rng(0).normal(3, 2, (200, 2))),
        (Poisson.__new__(Poisson), np.random.default_rng(0).poisson(2.5, 200)),
        (
            IndependentBernoulli.__new__(IndependentBernoulli),
            np.random.default_rng(0).integers(0, 2, (200, 3)),
        ),
    ],
    ids=["normal", "two normals", "poisson", "label sets"],
)
def test_guessing_numbers_has_the_nll_of_a_fitted_distribution(
    output: OutputDistribution, labels: np.ndarray
) -> None:
    found = _nll_of_guessing_numbers(output, labels.astype(np.float64))
    assert found == pytest.approx(_brute(output, labels), rel=1e-9)


@pytest.mark.parametrize("ratio", [0.1, 1.0, 10.0])
def test_noise_is_the_variance_over_draws_by_that_over_rows(ratio: float) -> None:
    random = np.random.default_rng(0)
    draws, rows, channels = 6, 200, 200
    signal = random.standard_normal((1, rows, channels))
    values = signal + np.sqrt(ratio) * random.standard_normal((draws, rows, channels))
    # Both variances are means of `rows * channels` chi-squares.
    error = np.sqrt(2 / (rows * channels)) * (1 + 2 * ratio)
    assert _Outputs(values).noise == pytest.approx(ratio, rel=5 * error)


def test_noise_without_a_signal_is_at_most_100() -> None:
    alone = _Outputs(np.random.default_rng(0).standard_normal((6, 50, 50))).noise
    assert alone is not None
    assert 10 < alone <= 100
    assert _Outputs(np.zeros((6, 5, 5))).noise == 0
    assert _Outputs(np.zeros((1, 5, 5))).noise is None


def test_units_are_dead_or_saturated_as_they_were_made() -> None:
    values = np.ones((2, 10, 4))
    values[..., 0] = 0
    assert _Outputs(values).dead == 0.25
    assert _Outputs(values).saturated("tanh") == 0.75
    assert _Outputs(values).saturated("relu") is None


def test_images_are_counted_as_they_were_made() -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (100, 4, 4, 1)).astype(np.uint8)
    images[:10] = images[10:20]  # ten pairs, with other labels each
    labels = np.arange(100) % 5
    labels[:10] = (labels[10:20] + 1) % 5
    others = np.concatenate([images[50:75], random.integers(0, 256, (75, 4, 4, 1), np.uint8)])
    found = images_of((images, labels), (others, np.arange(100) % 5), images / 255)
    assert found.conflicts == 0.2
    assert found.duplicates == 0.25
    assert found.train_shares == tuple(np.bincount(labels) / 100)
    assert (found.low, found.high) == (images.min(), images.max())
    assert found.input_mean == pytest.approx(images.mean() / 255)
    means = images.reshape(100, -1).mean(axis=1)
    darker = images_of((images, labels), (others // 4, labels), images / 255)
    assert darker.shift is not None
    assert darker.shift >= (means.mean() - (others // 4).mean()) / means.std() - 1e-9
