"""The normal prior, with one mean and one scale for the whole kernel."""

import math
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
    """Independent Normal(loc, scale) weights.

    Args:
        scale: standard deviation of a weight, above 1e-6; where it is learned, its initial value.
        learned: as in `bnnc.runtime.priors.scaled.ScaledPrior`.
        loc: mean of every weight.
        tied: whether each weight has the posterior's mean in place of `loc`. The KL then holds the
            standard deviations alone.

    Raises: ValueError if `scale` is no standard deviation, `loc` not finite, or a tied prior has a
        `loc` or a learned scale: it would become the posterior. TypeError if `learned` or `tied`
        is no bool.
    """

    loc: float = 0.0
    tied: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not math.isfinite(self.loc):
            raise ValueError(f"Expected `loc` to be a finite number. Received: loc={self.loc}")
        if not isinstance(self.tied, bool):
            raise TypeError(f"Expected `tied` to be a bool. Received: tied={self.tied!r}")
        if self.tied and (self.loc != 0 or self.learned):
            raise ValueError(
                "A prior that is tied to the posterior's means has no `loc`, and a scale that is "
                f"given. Received: loc={self.loc}, learned={self.learned}"
            )

    def distribution(
        self, variables: Mapping[str, keras.Variable]
    ) -> tfp.distributions.Distribution:
        """Return Normal(loc, scale) as a TFP distribution, of shape []; tied, of w less its mean."""
        return tfp.distributions.Normal(self.loc, self.current_scale(variables))

    def distribution_around(
        self, mean: tf.Tensor, variables: Mapping[str, keras.Variable]
    ) -> tfp.distributions.Distribution:
        """Return the law of the weights whose posterior has these means."""
        if self.tied:
            return tfp.distributions.Normal(mean, self.current_scale(variables))
        return self.distribution(variables)

    def kl_divergence(
        self,
        mean: tf.Tensor,
        scale: tf.Tensor,
        variables: Mapping[str, keras.Variable],
        seed: int = 0,
    ) -> tf.Tensor:
        """Return the closed form: the sum of (s²/p² - 1 + (m - loc)²/p²) / 2 - log(s/p)."""
        del seed
        prior_scale = self.current_scale(variables)
        ratio = scale / prior_scale
        # s²/p² - 1 as (s/p - 1)(s/p + 1): near q = p the plain difference would cancel.
        of_scales = tf.reduce_sum(0.5 * (ratio - 1.0) * (ratio + 1.0) - tf.math.log(ratio))
        if self.tied:
            return of_scales
        # One operation for the sum of the squares; most priors have their mean at 0.
        distance = mean if self.loc == 0 else mean - self.loc
        return of_scales + tf.nn.l2_loss(distance) / tf.square(prior_scale)
