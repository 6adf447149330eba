"""The mixture of a wide and a narrow normal prior, both with mean 0.

References: Blundell et al. 2015, arXiv:1505.05424, equation 7.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.priors.prior import prior
from bnnc.runtime.priors.sampled import SampledPrior
from bnnc.runtime.softplus import check_scale


@prior("scale_mixture")
@dataclass(frozen=True)
class ScaleMixturePrior(SampledPrior):
    """Independent weights, each of one of two normals with mean 0.

    Args:
        weight: weight of the first normal, between 0 and 1.
        scale: standard deviation of the first normal, above 1e-6.
        narrow_scale: standard deviation of the second normal, above 1e-6 and below `scale`.

    Raises: ValueError for an argument out of range.
    """

    weight: float = 0.5
    scale: float = 1.0
    narrow_scale: float = 0.0025

    def __post_init__(self) -> None:
        check_scale("scale", self.scale)
        check_scale("narrow_scale", self.narrow_scale)
        if self.narrow_scale >= self.scale:
            raise ValueError(
                f"Expected `narrow_scale` to be below `scale`, {self.scale}. "
                f"Received: narrow_scale={self.narrow_scale}"
            )
        if not 0 < self.weight < 1:
            raise ValueError(
                f"Expected `weight` to be between 0 and 1. Received: weight={self.weight}"
            )

    def distribution(
        self, variables: Mapping[str, keras.Variable]
    ) -> tfp.distributions.Distribution:
        """Return the mixture as a TFP distribution, of shape []."""
        del variables
        return tfp.distributions.MixtureSameFamily(
            tfp.distributions.Categorical(probs=[self.weight, 1.0 - self.weight]),
            tfp.distributions.Normal(0.0, [self.scale, self.narrow_scale]),
        )

    def log_prob(self, weights: tf.Tensor, variables: Mapping[str, keras.Variable]) -> tf.Tensor:
        """Return the log-density of each weight: nats, float32, of the same shape.

        The logarithm of the sum as that of the wide normal, plus the softplus of what the narrow
        one has more: without a dimension for the two, in which TFP reduces.
        """
        del variables
        square = tf.square(weights)
        wide = math.log(self.weight / self.scale) - 0.5 * math.log(2 * math.pi)
        narrow = math.log((1 - self.weight) / self.narrow_scale) - 0.5 * math.log(2 * math.pi)
        falls = 0.5 / self.scale**2
        falls_faster = 0.5 / self.narrow_scale**2 - falls
        more = tf.math.softplus(narrow - wide - falls_faster * square)
        return wide - falls * square + more
