"""Expectations under a normal distribution that have no closed form to be held against."""

from typing import Any

import numpy as np

_POINTS = 20_000
_WIDTH = 20 / _POINTS
_NOISE = (np.arange(_POINTS) + 0.5) * _WIDTH - 10
_DENSITY = np.exp(-0.5 * _NOISE**2) / np.sqrt(2 * np.pi)


def integrated_kl(mean: np.ndarray, scale: np.ndarray, prior: Any) -> float:
    """The sum of the integrals of q log(q / p), by the midpoint rule over ten deviations."""
    total = 0.0
    for one, deviation in np.stack([mean, scale], axis=-1).astype(np.float64):
        log_posterior = np.log(_DENSITY) - np.log(deviation)
        total += _expectation(log_posterior - _log_prior(one, deviation, prior))
    return total


def standard_error_of_kl(mean: np.ndarray, scale: np.ndarray, prior: Any) -> float:
    """Standard deviation of the KL that is estimated from mean ± scale · noise, by that rule."""
    variance = 0.0
    for one, deviation in np.stack([mean, scale], axis=-1).astype(np.float64):
        log_prior = _log_prior(one, deviation, prior)
        pair = 0.5 * (log_prior + log_prior[::-1])
        variance += _expectation((pair - _expectation(pair)) ** 2)
    return float(np.sqrt(variance))


def _log_prior(mean: float, scale: float, prior: Any) -> np.ndarray:
    return np.asarray(prior.log_prob(np.float32(mean + scale * _NOISE)), np.float64)


def _expectation(values: np.ndarray) -> float:
    return float(_WIDTH * np.sum(_DENSITY * values))
