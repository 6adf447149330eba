"""Base class of the priors without a closed-form KL."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import keras
import tensorflow as tf

from bnnc.runtime.noise import Draw, current_draw, layer_key, normal
from bnnc.runtime.priors.prior import Prior

_HALF_LOG_TWO_PI_E: Final = 0.5 * math.log(2 * math.pi * math.e)
# Keeps the noise of the KL apart from that of the weights.
_OF_KL: Final = 0x4B4C


@dataclass(frozen=True)
class SampledPrior(Prior):
    """A prior against which the KL of a normal posterior is estimated by Monte Carlo."""

    def log_prob(self, weights: tf.Tensor, variables: Mapping[str, keras.Variable]) -> tf.Tensor:
        """Return the log-density of each weight: nats, float32, of the same shape."""
        return self.distribution(variables).log_prob(weights)

    def kl_divergence(
        self,
        mean: tf.Tensor,
        scale: tf.Tensor,
        variables: Mapping[str, keras.Variable],
        seed: int = 0,
    ) -> tf.Tensor:
        """Return the sum of -log p(w) - log(2 pi e s²) / 2 for two draws of w: unbiased.

        Only the prior's density is sampled; the posterior's entropy is known. The two draws are
        mean ± scale · noise, which takes away every odd part of the error. As an estimate it can
        be below 0 where the KL is small.

        The noise is a function of the current draw and the seed; outside of any draw it is that of
        the seed, so that what is evaluated twice is the same.

        Shapes: mean and scale of the kernel's shape -> [].
        """
        draw = current_draw() or Draw(key=tf.zeros([2], tf.int32), kind="estimator")
        key = tf.random.fold_in(layer_key(draw, seed), _OF_KL)
        noise = scale * normal(mean.shape, key)
        log_prior = self.log_prob(mean + noise, variables) + self.log_prob(mean - noise, variables)
        return tf.reduce_sum(-0.5 * log_prior - tf.math.log(scale) - _HALF_LOG_TWO_PI_E)
