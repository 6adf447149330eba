"""The part that all layers with a Gaussian posterior over their kernel have in common."""

import random
from typing import Any, ClassVar

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from bnnc.runtime.estimators import check_estimator, estimator_for
from bnnc.runtime.noise import check_seed, next_layer_key
from bnnc.runtime.positive import check_scale, positive, unconstrained
from bnnc.runtime.priors import NormalPrior, Prior, check_prior


class Variational(keras.layers.Layer):
    """Mixin that gives a Keras layer a mean-field normal posterior over its kernel.

    Keras's own kernel variable is the posterior mean. The scale is a second variable of the same
    shape; the bias is deterministic. Stands before the Keras layer among the bases, so that
    shapes, arguments and config stay Keras's. The layer never calls `add_loss`: the objective
    adds `kl_divergence()` once.

    A subclass adds `op(inputs, kernel)`, the layer's operation without bias and activation, and
    `output_channels`.

    Whatever the layer's dtype policy, mean, scale, noise and KL are float32; under mixed
    precision only the operation itself is run in the compute type.

    Args:
        estimator: name of a gradient estimator, a key of `bnnc.runtime.estimators.ESTIMATORS`.
        prior: the law of the weights before any data; `NormalPrior(scale=0.1)` if None.
        initial_scale: standard deviation of every weight before training, above 1e-6.
        seed: integer from 0 to 2**31 - 1 for the initial means and the noise; random if None.
            Layers with one seed share their noise, so give each its own, as
            `bnnc.runtime.noise.layer_seed` does.

    Raises: ValueError for an argument out of range, and for LoRA and quantization, which would
        replace the kernel behind the posterior's back; TypeError if `prior` is no prior.
    """

    kernel_initializer_argument: ClassVar[str] = "kernel_initializer"
    stochastic: ClassVar[bool] = True

    kernel: keras.Variable
    kernel_unconstrained_scale: keras.Variable

    def __init__(
        self,
        *args: Any,
        estimator: str,
        prior: Prior | None = None,
        initial_scale: float = 0.01,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        for argument in ("lora_rank", "quantization_config"):
            if kwargs.get(argument) is not None:
                raise ValueError(
                    f"A layer with a posterior over its kernel cannot take `{argument}`; use the "
                    f"plain Keras layer. Received: {argument}={kwargs[argument]!r}"
                )
        # Drawn here and not left to the generator, so that it is part of the config and a loaded
        # layer takes the same noise. Python's generator, as Keras does: keras.utils.set_random_seed
        # covers it.
        seed = random.getrandbits(31) if seed is None else check_seed(seed)
        kwargs.setdefault(self.kernel_initializer_argument, keras.initializers.HeNormal(seed=seed))
        super().__init__(*args, **kwargs)
        self.estimator = check_estimator(estimator)
        self.prior = NormalPrior() if prior is None else check_prior(prior)
        self.initial_scale = check_scale("initial_scale", initial_scale)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    # What an estimator may ask (`bnnc.runtime.estimators.KernelLayer`), beside `op`.

    def positions_share_kernel(self, inputs: tf.Tensor) -> bool:
        """Say whether one example meets the same kernel at more than one position."""
        del inputs
        return True

    @property
    def channel_axis(self) -> int:
        """Axis of the channels in inputs and outputs."""
        # Dense has no data_format: its features are last.
        return 1 if getattr(self, "data_format", None) == "channels_first" else -1

    def sign_shapes(self, inputs: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the shapes of one sign per example and channel, for inputs and outputs."""
        input_channels = inputs.shape[self.channel_axis]
        return self._sign_shape(inputs, input_channels), self._sign_shape(
            inputs, self.output_channels
        )

    def _sign_shape(self, inputs: tf.Tensor, channels: int) -> tf.Tensor:
        shape: list[Any] = [1] * inputs.shape.rank
        shape[0] = tf.shape(inputs)[0]
        shape[self.channel_axis] = channels
        return tf.stack(shape)

    # The Keras layer.

    def add_weight(self, *args: Any, **kwargs: Any) -> keras.Variable:
        """Add a variable; the kernel in float32, read as such also inside a mixed-precision call."""
        if kwargs.get("name") == "kernel":
            kwargs.update(dtype="float32", autocast=False)
        return super().add_weight(*args, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Create Keras's own variables, then those of the posterior scale and of the prior."""
        super().build(input_shape)
        self.kernel_unconstrained_scale = self.add_weight(
            name="kernel_unconstrained_scale",
            shape=self.kernel.shape,
            initializer=keras.initializers.Constant(unconstrained(self.initial_scale)),
            dtype="float32",
            autocast=False,
        )
        self._prior_variables = self.prior.add_variables(self)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Return activation(outputs + bias), the outputs being the estimator's."""
        inputs = tf.cast(inputs, self.compute_dtype)
        key, kind = next_layer_key(self.seed, self.seed_generator)
        chosen = estimator_for(self.estimator, kind, self, inputs)
        outputs = chosen.estimate(self, inputs, self.kernel_mean, self.kernel_scale, key)
        if self.use_bias:
            data_format = "NHWC" if self.channel_axis == -1 else "NCHW"
            outputs = tf.nn.bias_add(outputs, self.bias, data_format=data_format)
        if self.activation is not None:
            outputs = self.activation(outputs)
        return outputs

    # The posterior.

    @property
    def kernel_mean(self) -> tf.Tensor:
        """Posterior means, float32, of the kernel's shape."""
        return tf.convert_to_tensor(self.kernel)

    @property
    def kernel_scale(self) -> tf.Tensor:
        """Posterior standard deviations, float32, of the kernel's shape."""
        return positive(tf.convert_to_tensor(self.kernel_unconstrained_scale))

    @property
    def kernel_posterior(self) -> tfp.distributions.Distribution:
        """Posterior of the kernel: independent normals, with the kernel's shape as batch shape."""
        return tfp.distributions.Normal(self.kernel_mean, self.kernel_scale)

    @property
    def kernel_prior(self) -> tfp.distributions.Distribution:
        """Prior of one weight of the kernel."""
        return self.prior.distribution(self._prior_variables)

    def kl_divergence(self) -> tf.Tensor:
        """Return KL(posterior || prior), summed over all weights: nats, float32, shape []."""
        return self.prior.kl_divergence(self.kernel_mean, self.kernel_scale, self._prior_variables)

    # Saving. Keras's own layers store kernel and bias by position and nothing else.

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "estimator": self.estimator,
            "prior": keras.saving.serialize_keras_object(self.prior),
            "initial_scale": self.initial_scale,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the layer with this config."""
        prior = keras.saving.deserialize_keras_object(config["prior"])
        return super().from_config({**config, "prior": prior})

    def save_own_variables(self, store: Any) -> None:
        """Store every variable of the layer under its name."""
        for name, variable in self._own_variables().items():
            store[name] = variable

    def load_own_variables(self, store: Any) -> None:
        """Assign every variable of the layer from what is stored under its name.

        Raises: ValueError if the stored names are not those of this layer's variables.
        """
        variables = self._own_variables()
        if set(store.keys()) != set(variables):
            raise ValueError(
                f"Expected the variables {sorted(variables)} for layer {self.name!r}. "
                f"Received: {sorted(store.keys())}"
            )
        for name, variable in variables.items():
            variable.assign(store[name])

    def _own_variables(self) -> dict[str, keras.Variable]:
        return {variable.name: variable for variable in self.weights}

    # What Keras offers on its kernel and a posterior cannot bear.

    def enable_lora(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: the kernel would no longer be the posterior mean."""
        raise ValueError(f"{type(self).__name__} cannot take LoRA; use the plain Keras layer.")

    def quantize(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: the posterior is float32."""
        raise ValueError(f"{type(self).__name__} cannot be quantized; use the plain Keras layer.")
