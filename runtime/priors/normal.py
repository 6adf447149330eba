"""The normal prior, with mean 0 and one scale for the whole kernel."""

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.positive import check_scale, positive, unconstrained
from bnnc.runtime.priors.prior import Prior, prior

_VARIABLE = "prior_unconstrained_scale"


@prior("normal")
@dataclass(frozen=True)
class NormalPrior(Prior):
    """Independent Normal(0, scale) weights.

    Args:
        scale: standard deviation of a weight, above 1e-6; where it is learned, its initial value.
        learned: whether each layer learns its own scale, by the evidence lower bound (empirical
            Bayes).

    Raises: ValueError if `scale` is no standard deviation, TypeError if `learned` is no bool.
    """

    scale: float = 0.1
    learned: bool = False

    def __post_init__(self) -> None:
        check_scale("scale", self.scale)
        if not isinstance(self.learned, bool):
            raise TypeError(f"Expected `learned` to be a bool. Received: learned={self.learned!r}")

    def add_variables(self, layer: keras.layers.Layer) -> dict[str, keras.Variable]:
        """Add one scalar to `layer` where the scale is learned."""
        if not self.learned:
            return {}
        return {
            _VARIABLE: layer.add_weight(
                name=_VARIABLE,
                shape=(),
                initializer=keras.initializers.Constant(unconstrained(self.scale)),
                dtype="float32",
                autocast=False,
            )
        }

    def distribution(
        self, variables: Mapping[str, keras.Variable]
    ) -> tfp.distributions.Distribution:
        """Return Normal(0, scale) as a TFP distribution, of shape []."""
        return tfp.distributions.Normal(0.0, self._scale(variables))

    def kl_divergence(
        self, mean: tf.Tensor, scale: tf.Tensor, variables: Mapping[str, keras.Variable]
    ) -> tf.Tensor:
        """Return the closed form: the sum of (s²/p² + m²/p² - 1) / 2 - log(s/p)."""
        prior_scale = self._scale(variables)
        ratio = scale / prior_scale
        # s²/p² - 1 as (s/p - 1)(s/p + 1): near q = p the plain difference would cancel.
        excess = (ratio - 1.0) * (ratio + 1.0) + tf.square(mean / prior_scale)
        return tf.reduce_sum(0.5 * excess - tf.math.log(ratio))

    def _scale(self, variables: Mapping[str, keras.Variable]) -> tf.Tensor:
        if self.learned:
            return positive(tf.convert_to_tensor(variables[_VARIABLE]))
        return tf.constant(self.scale, dtype=tf.float32)
