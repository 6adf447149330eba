"""The normal prior, with mean 0 and one scale for the whole kernel."""

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.priors.prior import prior
from bnnc.runtime.priors.scaled import ScaledPrior


@prior("normal")
@dataclass(frozen=True)
class NormalPrior(ScaledPrior):
    """Independent Normal(0, scale) weights.

    Args:
        scale: standard deviation of a weight, above 1e-6; where it is learned, its initial value.
        learned: as in `bnnc.runtime.priors.scaled.ScaledPrior`.

    Raises: ValueError if `scale` is no standard deviation, TypeError if `learned` is no bool.
    """

    def distribution(
        self, variables: Mapping[str, keras.Variable]
    ) -> tfp.distributions.Distribution:
        """Return Normal(0, scale) as a TFP distribution, of shape []."""
        return tfp.distributions.Normal(0.0, self.current_scale(variables))

    def kl_divergence(
        self,
        mean: tf.Tensor,
        scale: tf.Tensor,
        variables: Mapping[str, keras.Variable],
        seed: int = 0,
    ) -> tf.Tensor:
        """Return the closed form: the sum of (s²/p² + m²/p² - 1) / 2 - log(s/p)."""
        del seed
        prior_scale = self.current_scale(variables)
        ratio = scale / prior_scale
        # s²/p² - 1 as (s/p - 1)(s/p + 1): near q = p the plain difference would cancel.
        excess = (ratio - 1.0) * (ratio + 1.0) + tf.square(mean / prior_scale)
        return tf.reduce_sum(0.5 * excess - tf.math.log(ratio))
