"""Summarise the normal posteriors of a trained model, layer by layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bnnc.runtime.layers.variational import Variational

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class LayerPosterior:
    """The posterior of the kernel of a layer.

    Attributes:
        layer: its name; of an ensemble, of all members.
        weights: numbers in the kernel.
        kl: divergence from the prior, in nats; with the bias, where it is Bayesian.
        signal_to_noise: quantiles of |mean| / standard deviation at `LEVELS`.
        scale: quantiles of the standard deviation at `LEVELS`.
        prior_scale: standard deviation of the prior; the largest, where they differ.
    """

    layer: str
    weights: int
    kl: float
    signal_to_noise: tuple[float, ...]
    scale: tuple[float, ...]
    prior_scale: float


def layer_posteriors(models: Sequence[Any]) -> tuple[LayerPosterior, ...]:
    """The layers with a normal posterior on their kernel, in the order of the model.

    Args:
        models: Keras models; of several with the same layers, as of an ensemble, the quantiles are
            over the weights of all, and the KL is the mean.

    Returns: nothing for a model without such layers.
    """
    found = []
    for layer in models[0].layers:
        if isinstance(layer, Variational):
            found.append(_summary(layer.name, [model.get_layer(layer.name) for model in models]))
    return tuple(found)


def _summary(name: str, layers: Sequence[Variational]) -> LayerPosterior:
    means, scales = (
        np.concatenate([np.asarray(getattr(one, part), np.float64).ravel() for one in layers])
        for part in ("kernel_mean", "kernel_scale")
    )
    priors = [float(np.max(np.asarray(one.kernel_prior.stddev(), np.float64))) for one in layers]
    return LayerPosterior(
        layer=name,
        weights=means.size // len(layers),
        kl=float(np.mean([float(one.kl_divergence()) for one in layers])),
        signal_to_noise=_quantiles(np.abs(means) / scales),
        scale=_quantiles(scales),
        prior_scale=max(priors),
    )


def _quantiles(values: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(map(float, np.quantile(values, LEVELS)))
