"""A Gaussian process in place of a dense layer, by random Fourier features."""

import math
from typing import Any, ClassVar

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from bnnc.runtime.layers.dropped_kl import refuse_to_drop_kl
from bnnc.runtime.layers.random_kernel import RandomKernel
from bnnc.runtime.noise import current_draw, layer_seed, next_layer_key, normal
from bnnc.runtime.softplus import check_scale


@keras.saving.register_keras_serializable(package="bnnc")
class RandomFeatureGaussianProcess(RandomKernel, keras.layers.Dense):
    """A Gaussian process with an exponentiated quadratic kernel, for each of `units` outputs.

    The features φ(x) = √(2 / D) cos(x P + b), the D columns of P drawn from N(0, 1 / length_scale²)
    and b uniform over a turn, have φ(x)ᵀφ(y) ≈ exp(-‖x - y‖² / (2 length_scale²)). The outputs are
    φ(x)ᵀ β plus a bias, with the prior β ~ N(0, amplitude²) on every weight.

    In training the layer gives the outputs of β as it is, and the objective, to which
    `kl_divergence` is -log of the prior's density up to a constant, finds their mode. Then
    `fit_posterior` finds the normal posterior around it (Laplace): one precision for all outputs,
    I / amplitude² + Σ h φ φᵀ over the rows trained on, with h the largest second derivative of a
    row's loss by an output. Where the labels are normal with a given scale that is exact. At
    prediction every draw takes weights from it; before there was any training, from the prior.
    While one is under way there is no posterior, and the outputs are those of the mode.

    All is float32 whatever the layer's dtype policy.

    Args:
        units: number of outputs.
        num_inducing: number of features, D.
        length_scale: length scale of the kernel.
        amplitude: standard deviation of an output under the prior.
        seed: as in `bnnc.runtime.layers.random_kernel.RandomKernel`; of the features too.
        **kwargs: as in `keras.layers.Dense`, the kernel's initializer being HeNormal if not given.

    Input shape: [batch, features].
    Output shape: [batch, units].
    Raises: ValueError for an argument out of range.
    References: Rahimi and Recht 2007; Liu et al. 2020, arXiv:2006.10108.
    """

    # The prior is in the loss: weight decay would be another on top of it.
    not_decayed: ClassVar[tuple[str, ...]] = ("kernel",)

    def __init__(
        self,
        units: int,
        *,
        num_inducing: int = 1024,
        length_scale: float = 1.0,
        amplitude: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, **kwargs)
        if not isinstance(num_inducing, int) or num_inducing < 1:
            raise ValueError(
                "Expected `num_inducing` to be an integer of at least 1. "
                f"Received: num_inducing={num_inducing!r}"
            )
        self.num_inducing = num_inducing
        self.length_scale = check_scale("length_scale", length_scale)
        self.amplitude = check_scale("amplitude", amplitude)

    @property
    def output_channels(self) -> int:
        """Number of units."""
        return int(self.units)

    def op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Multiply features by `kernel`."""
        return tf.matmul(inputs, kernel)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create weights of the features and bias, then what is fixed."""
        size = input_shape[-1]
        super().build((*input_shape[:-1], self.num_inducing))
        self.input_spec = keras.layers.InputSpec(ndim=2, axes={-1: size})
        fixed: dict[str, Any] = {"trainable": False, "dtype": "float32", "autocast": False}
        self.projection = self.add_weight(
            name="projection",
            shape=(size, self.num_inducing),
            initializer=keras.initializers.RandomNormal(
                stddev=1.0 / self.length_scale, seed=layer_seed(self.seed, "projection")
            ),
            **fixed,
        )
        self.phase = self.add_weight(
            name="phase",
            shape=(self.num_inducing,),
            initializer=keras.initializers.RandomUniform(
                0.0, 2 * math.pi, seed=layer_seed(self.seed, "phase")
            ),
            **fixed,
        )
        # R with R Rᵀ the covariance of the weights: that of the prior, before any data.
        self.covariance_root = self.add_weight(
            name="covariance_root",
            shape=(self.num_inducing, self.num_inducing),
            initializer=keras.initializers.Identity(self.amplitude),
            **fixed,
        )

    def add_weight(self, *args: Any, **kwargs: Any) -> keras.Variable:
        """Add a variable, in float32."""
        return super().add_weight(*args, **{**kwargs, "dtype": "float32", "autocast": False})

    def features(self, inputs: tf.Tensor) -> tf.Tensor:
        """The random Fourier features. Shapes: [batch, features] -> float32 [batch, D]."""
        turned = tf.matmul(tf.cast(inputs, tf.float32), self.projection) + self.phase
        return math.sqrt(2 / self.num_inducing) * tf.cos(turned)

    def call(self, inputs: tf.Tensor, training: bool | None = False) -> tf.Tensor:
        """The outputs of the mode in training, of a draw of the weights at prediction."""
        refuse_to_drop_kl(self)
        kernel = tf.convert_to_tensor(self.kernel)
        draw = current_draw()
        # The estimator of the loss has no noise, neither in training nor in its validation.
        if not training and (draw is None or draw.kind == "weights"):
            key, _ = next_layer_key(self.seed, self.seed_generator)
            kernel = self.drawn_kernel(key)
        outputs = self.biased_and_activated(self.op(self.features(inputs), kernel))
        return tf.cast(outputs, self.compute_dtype)

    def drawn_kernel(self, key: tf.Tensor) -> tf.Tensor:
        """One draw of the weights from their posterior: float32 [D, units]."""
        kernel = tf.convert_to_tensor(self.kernel)
        return kernel + tf.matmul(self.covariance_root, normal(kernel.shape, key))

    # Prediction: the features are the same for all draws.

    @property
    def supports_batched_kernels(self) -> bool:
        """Always: every column of the kernel is one unit."""
        return True

    def draws_weights(self, inputs: tf.Tensor) -> bool:
        """Say that a prediction takes draws of the weights."""
        del inputs
        return True

    def drawn_kernels(self, keys: tf.Tensor) -> tf.Tensor:
        """Draws of the weights of the features."""
        return tf.map_fn(self.drawn_kernel, keys, fn_output_signature=tf.float32)

    def read(self, inputs: tf.Tensor) -> tf.Tensor:
        """The random Fourier features, float32."""
        return self.features(inputs)

    def kl_divergence(self) -> tf.Tensor:
        """Minus the log-density of the weights under the prior, less that of 0: nats, shape []."""
        return tf.reduce_sum(tf.square(tf.convert_to_tensor(self.kernel))) / (2 * self.amplitude**2)

    # What is fitted after training, as `bnnc.runtime.training.fitting` asks for it.

    def information(self, inputs: tf.Tensor, curvature: tf.Tensor) -> tf.Tensor:
        """What rows add to the precision. Shapes: [rows, features], [rows, units] -> [D, D]."""
        features = self.features(inputs)
        most = tf.reduce_max(curvature, axis=-1, keepdims=True)
        return tf.matmul(features * most, features, transpose_a=True)

    def fit_posterior(self, information: npt.NDArray[np.float64]) -> None:
        """Take the posterior of all rows, whose `information` is summed. Shape: [D, D]."""
        precision = np.eye(self.num_inducing) / self.amplitude**2 + information
        # The precision is L Lᵀ: the covariance has the root L⁻ᵀ.
        self.covariance_root.assign(np.linalg.inv(np.linalg.cholesky(precision)).T)

    def forget_posterior(self) -> None:
        """Know no posterior: the weights are about to change."""
        self.covariance_root.assign(np.zeros(self.covariance_root.shape))

    @property
    def has_posterior(self) -> bool:
        """Whether there is one: not while a training is under way."""
        return bool(np.any(np.asarray(self.covariance_root)))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "num_inducing": self.num_inducing,
            "length_scale": self.length_scale,
            "amplitude": self.amplitude,
        }
