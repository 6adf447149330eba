"""Members that share a kernel, each with a posterior over its factors."""

from typing import Any, ClassVar, Final

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime import row_noise
from bnnc.runtime.layers.dropped_kl import refuse_to_drop_kl
from bnnc.runtime.layers.member_factors import MemberFactors, MemberOfRows
from bnnc.runtime.noise import layer_seed
from bnnc.runtime.ordered_sum import ordered_sum
from bnnc.runtime.priors import NormalPrior, Prior, check_prior
from bnnc.runtime.softplus import check_scale, positive, unconstrained
from bnnc.specs.methods.rank_1 import FACTOR_SPREAD

# Where the prior has its mean: with factors of 1 a member's kernel is the shared one.
CENTRE: Final = 1.0
FACTORS: Final = ("input_factor", "output_factor")


class Rank1(MemberFactors):
    """Mixin that gives a Keras layer a rank-1 posterior: a mixture of members with one kernel.

    The factors of each member are independent normals around means of their own. In training
    each row draws the factors of its member anew. The kernel and the biases are deterministic.

    The KL is that of the members, averaged. As the KL is convex, it is at least that of their
    mixture, and the objective stays a bound of the evidence.

    Args:
        members: components of the mixture, at least 1.
        prior: the law of a factor less 1, before any data; `NormalPrior(scale=0.1)` if None.
        initial_scale: standard deviation of every factor before training, above 1e-6.
        seed: as in `bnnc.runtime.layers.random_kernel.RandomKernel`.

    Raises: ValueError for an argument out of range; TypeError if `prior` is no prior.
    References: Dusenberry et al. 2020, arXiv:2005.07186.
    """

    name_prefix: ClassVar[str] = "Rank1"
    summary: ClassVar[str] = "with a rank-1 posterior: normal factors of its channels"

    def __init__(
        self,
        *args: Any,
        prior: Prior | None = None,
        initial_scale: float = 0.01,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.prior = NormalPrior() if prior is None else check_prior(prior)
        self.initial_scale = check_scale("initial_scale", initial_scale)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return the outputs of each row's member, for a draw of its factors."""
        refuse_to_drop_kl(self)
        return super().call(inputs)

    def build(self, input_shape: Any) -> None:
        """Create Keras's own variables, then those of the posterior and of the prior."""
        super().build(input_shape)
        self._prior_variables = self.prior.add_variables(self)

    def add_factors(self, name: str, channels: int) -> None:
        """Create a mean and an unconstrained scale for each factor, float32."""
        for variable, initializer in (
            (
                name,
                keras.initializers.RandomNormal(CENTRE, FACTOR_SPREAD, layer_seed(self.seed, name)),
            ),
            (
                f"{name}_unconstrained_scale",
                keras.initializers.Constant(unconstrained(self.initial_scale)),
            ),
        ):
            added = self.add_weight(
                name=variable,
                shape=(self.members, channels),
                initializer=initializer,
                dtype="float32",
                autocast=False,
            )
            setattr(self, variable, added)

    def factors(self, name: str, member: MemberOfRows, key: tf.Tensor) -> tf.Tensor:
        """One draw of the factors for each row; one for all rows where they share it."""
        mean, scale = member.of(self.factor_mean(name)), member.of(self.factor_scale(name))
        if member.shared is not None:
            return mean + scale * tf.random.stateless_normal(tf.shape(mean), key)
        return mean + scale * row_noise.standard_normal(tf.shape(mean), key)

    # The posterior.

    def factor_mean(self, name: str) -> tf.Tensor:
        """Posterior means of the factors called `name`: float32 [members, channels]."""
        return tf.convert_to_tensor(getattr(self, name))

    def factor_scale(self, name: str) -> tf.Tensor:
        """Posterior standard deviations of those factors: float32 [members, channels]."""
        return positive(tf.convert_to_tensor(getattr(self, f"{name}_unconstrained_scale")))

    def factor_posterior(self, name: str) -> tfp.distributions.Distribution:
        """Posterior of those factors: independent normals, batch shape [members, channels]."""
        return tfp.distributions.Normal(self.factor_mean(name), self.factor_scale(name))

    def centred_prior(self, name: str) -> tfp.distributions.Distribution:
        """Prior of one of those factors less 1; of each, where it is tied to their means."""
        mean = self.factor_mean(name) - CENTRE
        return self.prior.distribution_around(mean, self._prior_variables)

    def kl_divergence(self) -> tf.Tensor:
        """Mean over the members of KL(posterior || prior): nats, float32, shape []."""
        divergences = [
            self.prior.kl_divergence(
                self.factor_mean(name) - CENTRE,
                self.factor_scale(name),
                self._prior_variables,
                layer_seed(self.seed, name),
            )
            for name in FACTORS
        ]
        return ordered_sum(divergences) / self.members

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "prior": keras.saving.serialize_keras_object(self.prior),
            "initial_scale": self.initial_scale,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the layer with this config."""
        prior = keras.saving.deserialize_keras_object(config["prior"])
        return super().from_config({**config, "prior": prior})
