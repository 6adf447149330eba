"""The Laplace prior, with mean 0 and one scale for the whole kernel.

References: Williams 1995, doi:10.1162/neco.1995.7.1.117.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.priors.prior import prior
from bnnc.runtime.priors.scaled import ScaledPrior

# log 2 - log(2 pi e) / 2: what the two normalisations and the posterior's entropy add up to.
_CONSTANT: Final = math.log(2) - 0.5 * math.log(2 * math.pi * math.e)


@prior("laplace")
@dataclass(frozen=True)
class LaplacePrior(ScaledPrior):
    """Independent Laplace(0, scale) weights.

    Args:
        scale: mean size of a weight, above 1e-6; where it is learned, its initial value.
        learned: as in `bnnc.runtime.priors.scaled.ScaledPrior`.

    Raises: ValueError if `scale` is no scale, TypeError if `learned` is no bool.
    """

    def distribution(
        self, variables: Mapping[str, keras.Variable]
    ) -> tfp.distributions.Distribution:
        """Return Laplace(0, scale) as a TFP distribution, of shape []."""
        return tfp.distributions.Laplace(0.0, self.current_scale(variables))

    def kl_divergence(
        self,
        mean: tf.Tensor,
        scale: tf.Tensor,
        variables: Mapping[str, keras.Variable],
        seed: int = 0,
    ) -> tf.Tensor:
        """Return the closed form: the sum of log(2b) + E|w| / b - log(2 pi e s²) / 2.

        |w| of a normal w is folded normal, with the mean
        s sqrt(2/pi) exp(-m² / 2s²) + m erf(m / s sqrt(2)).
        """
        del seed
        prior_scale = self.current_scale(variables)
        ratio = mean / scale
        folded = scale * math.sqrt(2 / math.pi) * tf.exp(-0.5 * tf.square(ratio))
        folded += mean * tf.math.erf(ratio / math.sqrt(2))
        return tf.reduce_sum(_CONSTANT - tf.math.log(scale / prior_scale) + folded / prior_scale)
