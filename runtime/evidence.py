"""The evidence of a Laplace approximation, as a function of the prior's scale."""

import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Scales that a spec may say, and so those that the evidence may choose.
NARROWEST, WIDEST = 1e-6, 1e3


def log_evidence(eigenvalues: Array, squared_norm: float, prior_scale: float) -> float:
    """Log of the evidence under the prior N(0, s²), less the log-likelihood: the Occam factor.

    It is -‖w‖² / 2s² - Σ log(1 + λ s²) / 2, in nats.

    Args:
        eigenvalues: of the Hessian of the negative log-likelihood, one for each weight.
        squared_norm: ‖w‖², of the weights that the posterior is around.
        prior_scale: s.
    """
    square = prior_scale**2
    volume = float(np.sum(np.log1p(eigenvalues * square)))
    return -0.5 * squared_norm / square - 0.5 * volume


def best_prior_scale(eigenvalues: Array, squared_norm: float) -> float:
    """The scale with the most evidence, between `NARROWEST` and `WIDEST`.

    There the weights that the data determines, Σ λ / (λ + 1/s²), are ‖w‖² / s². With 1/s² the first
    of the two falls and the second rises, so they meet once, and bisection finds it.

    Args: as of `log_evidence`.
    References: MacKay 1992, doi:10.1162/neco.1992.4.3.415.
    """
    low, high = math.log(NARROWEST), math.log(WIDEST)
    while True:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            return math.exp(middle)
        precision = math.exp(-2 * middle)
        determined = float(np.sum(eigenvalues / (eigenvalues + precision)))
        if determined > precision * squared_norm:
            high = middle  # a narrower prior has more evidence
        else:
            low = middle
