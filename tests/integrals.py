"""Expectations under a normal distribution that have no closed form to be held against."""

from typing import Any

import numpy as np


def integrated_kl(mean: np.ndarray, scale: np.ndarray, prior: Any) -> float:
    """The sum of the integrals of q log(q / p), by the midpoint rule over ten deviations."""
    width = 20 / 20_000
    noise = (np.arange(20_000) + 0.5) * width - 10
    density = np.exp(-0.5 * noise**2) / np.sqrt(2 * np.pi)
    total = 0.0
    for one, deviation in np.stack([mean, scale], axis=-1).astype(np.float64):
        log_prior = prior.log_prob(np.float32(one + deviation * noise)).numpy()
        log_posterior = np.log(density) - np.log(deviation)
        total += width * np.sum(density * (log_posterior - np.float64(log_prior)))
    return float(total)
