"""The part that all layers with a Gaussian posterior over their kernel have in common."""

from typing import Any, ClassVar

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.estimators import check_estimator, estimator_for
from bnnc.runtime.estimators.reparameterization import drawn_kernel, reparameterization
from bnnc.runtime.layers.dropped_kl import refuse_to_drop_kl
from bnnc.runtime.layers.random_kernel import RandomKernel
from bnnc.runtime.noise import cached_per_draw, key_of_bias, next_layer_key
from bnnc.runtime.priors import NormalPrior, Prior, check_prior
from bnnc.runtime.softplus import check_scale, positive, unconstrained


class Variational(RandomKernel):
    """Mixin that gives a Keras layer a mean-field normal posterior over its kernel.

    Keras's own kernel variable is the posterior mean, and the scale is a second variable of the
    same shape; so it is of the bias, where it is Bayesian, with the same prior. The layer never
    calls `add_loss`: the objective adds `kl_divergence()` once.

    A subclass adds `op(inputs, kernel)`, the layer's operation without bias and activation, and
    `output_channels`.

    Whatever the layer's dtype policy, mean, scale, noise and KL are float32; under mixed
    precision only the operation itself is run in the compute type.

    Args:
        estimator: name of a gradient estimator, a key of `bnnc.runtime.estimators.ESTIMATORS`.
        prior: the law of the weights before any data; `NormalPrior(scale=0.1)` if None.
        initial_scale: standard deviation of every weight before training, above 1e-6.
        bayesian_bias: whether the bias has a posterior too; it is deterministic otherwise.
        pairs: of the estimator `"antithetic"`, the number of draws that a batch has, each with its
            mirror image; no other estimator asks for it.
        seed: as in `bnnc.runtime.layers.random_kernel.RandomKernel`.

    Raises: ValueError for an argument out of range, for a Bayesian bias of a layer without one,
        and for LoRA and quantization; TypeError if `prior` is no prior.
    """

    name_prefix: ClassVar[str] = "Variational"
    summary: ClassVar[str] = "with a normal posterior over its kernel"

    # Weight decay would take standard deviations, also that of a learned prior, to softplus(0).
    not_decayed: ClassVar[tuple[str, ...]] = ("unconstrained_scale",)

    kernel_unconstrained_scale: keras.Variable
    bias_unconstrained_scale: keras.Variable

    def __init__(
        self,
        *args: Any,
        estimator: str = "flipout",
        prior: Prior | None = None,
        initial_scale: float = 0.01,
        bayesian_bias: bool = False,
        pairs: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if bayesian_bias and not self.use_bias:
            raise ValueError("Expected a bias that can be Bayesian. Received: use_bias=False")
        self.bayesian_bias = bayesian_bias
        self.estimator = check_estimator(estimator)
        self.prior = NormalPrior() if prior is None else check_prior(prior)
        self.initial_scale = check_scale("initial_scale", initial_scale)
        if isinstance(pairs, bool) or not isinstance(pairs, int) or pairs < 1:
            raise ValueError(
                f"Expected `pairs` to be an integer above 0. Received: pairs={pairs!r}"
            )
        self.pairs = pairs

    # The Keras layer.

    def add_weight(self, *args: Any, **kwargs: Any) -> keras.Variable:
        """Add a variable; means in float32, read as such also inside a mixed-precision call."""
        name = kwargs.get("name")
        if name == "kernel" or (name == "bias" and self.bayesian_bias):
            kwargs.update(dtype="float32", autocast=False)
        return super().add_weight(*args, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Create Keras's own variables, then those of the posterior scale and of the prior."""
        super().build(input_shape)
        self.kernel_unconstrained_scale = self._scale_of("kernel", self.kernel)
        if self.bayesian_bias:
            self.bias_unconstrained_scale = self._scale_of("bias", self.bias)
        self._prior_variables = self.prior.add_variables(self)

    def _scale_of(self, name: str, mean: keras.Variable) -> keras.Variable:
        return self.add_weight(
            name=f"{name}_unconstrained_scale",
            shape=mean.shape,
            initializer=keras.initializers.Constant(unconstrained(self.initial_scale)),
            dtype="float32",
            autocast=False,
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return activation(outputs), the outputs with their bias being the estimator's."""
        refuse_to_drop_kl(self)
        inputs = tf.cast(inputs, self.compute_dtype)
        key, kind = next_layer_key(self.seed, self.seed_generator)
        chosen = estimator_for(self.estimator, kind, self, inputs)
        outputs = chosen.estimate(self, inputs, self.kernel_mean, self.kernel_scale, key)
        return outputs if self.activation is None else self.activation(outputs)

    # Prediction.

    def draws_weights(self, inputs: tf.Tensor) -> bool:
        """Say whether a prediction of these inputs takes draws of the kernel."""
        chosen = estimator_for(self.estimator, "weights", self, inputs)
        return chosen.estimate is reparameterization

    def drawn_kernels(self, keys: tf.Tensor) -> tf.Tensor:
        """Draws of the kernel from its posterior."""
        mean, scale = self.kernel_mean, self.kernel_scale
        return tf.map_fn(
            lambda key: drawn_kernel(mean, scale, key), keys, fn_output_signature=tf.float32
        )

    def drawn_biases(self, keys: tf.Tensor) -> tf.Tensor:
        """Draws of the bias from its posterior, where it has one."""
        if not self.bayesian_bias:
            return super().drawn_biases(keys)
        return tf.map_fn(self.drawn_bias, keys, fn_output_signature=tf.float32)

    def drawn_bias(self, key: tf.Tensor) -> tf.Tensor | None:
        """One draw of the bias, for the key of the layer's noise: float32 [output channels].

        The bias itself where it is deterministic, None where there is none.
        """
        if self.bias_scale is None:
            return tf.convert_to_tensor(self.bias) if self.use_bias else None
        return drawn_kernel(self.bias_mean, self.bias_scale, key_of_bias(key))

    # The posterior.

    @property
    def kernel_mean(self) -> tf.Tensor:
        """Posterior means, float32, of the kernel's shape."""
        return tf.convert_to_tensor(self.kernel)

    @property
    def kernel_scale(self) -> tf.Tensor:
        """Posterior standard deviations, float32, of the kernel's shape."""
        return cached_per_draw(
            self, lambda: positive(tf.convert_to_tensor(self.kernel_unconstrained_scale))
        )

    @property
    def bias_mean(self) -> tf.Tensor:
        """Means of a Bayesian bias, float32 [output channels]."""
        return tf.convert_to_tensor(self.bias)

    @property
    def bias_scale(self) -> tf.Tensor | None:
        """Standard deviations of a Bayesian bias, float32 [output channels]; None of another."""
        if not self.bayesian_bias:
            return None
        variable = self.bias_unconstrained_scale
        return cached_per_draw(variable, lambda: positive(tf.convert_to_tensor(variable)))

    @property
    def kernel_posterior(self) -> tfp.distributions.Distribution:
        """Posterior of the kernel: independent normals, with the kernel's shape as batch shape."""
        return tfp.distributions.Normal(self.kernel_mean, self.kernel_scale)

    @property
    def kernel_prior(self) -> tfp.distributions.Distribution:
        """Prior of one weight of the kernel; of each, where it is tied to their means."""
        return self.prior.distribution_around(self.kernel_mean, self._prior_variables)

    def kl_divergence(self) -> tf.Tensor:
        """Return KL(posterior || prior), summed over all weights: nats, float32, shape []."""
        mean, scale = self.kernel_mean, self.kernel_scale
        if self.bayesian_bias:
            # One tensor: a KL that is sampled takes other noise for each weight.
            mean, scale = (
                tf.concat([tf.reshape(one, [-1]), of_bias], axis=0)
                for one, of_bias in ((mean, self.bias_mean), (scale, self.bias_scale))
            )
        return self.prior.kl_divergence(mean, scale, self._prior_variables, self.seed)

    # Saving.

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "estimator": self.estimator,
            "prior": keras.saving.serialize_keras_object(self.prior),
            "initial_scale": self.initial_scale,
            "bayesian_bias": self.bayesian_bias,
            "pairs": self.pairs,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the layer with this config."""
        prior = keras.saving.deserialize_keras_object(config["prior"])
        return super().from_config({**config, "prior": prior})
