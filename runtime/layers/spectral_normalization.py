"""The part that all layers with a bounded spectral norm have in common."""

from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from bnnc.runtime.layers.random_kernel import RandomKernel
from bnnc.runtime.noise import layer_seed

_SMALLEST = float(np.finfo(np.float32).tiny)


class SpectralNormalization(RandomKernel):
    """Mixin that scales a Keras layer's kernel down where its spectral norm is above a bound.

    The norm σ is that of the layer's linear map of one example, without bias: the most that it
    lengthens an input, in the Euclidean norm. Of a dense layer it is the largest singular value of
    the kernel; of a convolution that of the map of whole inputs with its strides and padding, as
    in edward2's `SpectralNormalizationConv2D`, not of the kernel reshaped to a matrix, as in
    `keras.layers.SpectralNormalization`: the latter bounds no distance. The kernel that is applied
    is kernel · min(1, norm_multiplier / σ).

    σ is found by power iteration: one vector, an input of the layer, is taken through the map and
    back once in every call in training. It is at most the true norm, and comes near it within some
    steps. The gradient goes through σ, with the vector held.

    Kernel, vector and norm are float32 whatever the layer's dtype policy.

    Args:
        norm_multiplier: the bound, above 0.
        seed: as in `bnnc.runtime.layers.random_kernel.RandomKernel`; of the vector too.

    Raises: ValueError for an argument out of range, or if the sizes of the inputs are not known.
    References: Miyato et al. 2018, arXiv:1802.05957; Gouk et al. 2018, arXiv:1804.04368; Liu et al.
        2020, arXiv:2006.10108.
    """

    name_prefix: ClassVar[str] = "SpectralNormalized"
    summary: ClassVar[str] = "whose spectral norm is held below a bound"

    stochastic: ClassVar[bool] = False

    def __init__(self, *args: Any, norm_multiplier: float = 0.95, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not norm_multiplier > 0:
            raise ValueError(
                "Expected `norm_multiplier` to be above 0. "
                f"Received: norm_multiplier={norm_multiplier}"
            )
        self.norm_multiplier = norm_multiplier

    def add_weight(self, *args: Any, **kwargs: Any) -> keras.Variable:
        """Add a variable; the kernel in float32, read as such also inside a mixed-precision call."""
        if kwargs.get("name") == "kernel":
            kwargs.update(dtype="float32", autocast=False)
        return super().add_weight(*args, **kwargs)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create Keras's own variables, then the vector of the power iteration."""
        super().build(input_shape)
        if None in input_shape[1:]:
            raise ValueError(f"Expected inputs of known sizes. Received: input_shape={input_shape}")
        self.singular_vector = self.add_weight(
            name="singular_vector",
            shape=(1, *input_shape[1:]),
            initializer=keras.initializers.RandomNormal(
                stddev=1.0, seed=layer_seed(self.seed, "singular_vector")
            ),
            trainable=False,
            dtype="float32",
            autocast=False,
            aggregation="only_first_replica",  # all of them find the same
        )

    def call(self, inputs: tf.Tensor, training: bool | None = False) -> tf.Tensor:
        """Return activation(op(inputs, normalised kernel) + bias)."""
        inputs = tf.cast(inputs, self.compute_dtype)
        if training:
            self.iterate()
        outputs = self.op(inputs, tf.cast(self.normalised_kernel, inputs.dtype))
        return self.biased_and_activated(outputs)

    def iterate(self) -> None:
        """Take the vector once through the map and back: a step of the power iteration."""
        kernel = tf.stop_gradient(tf.convert_to_tensor(self.kernel))
        vector = tf.convert_to_tensor(self.singular_vector)
        with tf.GradientTape() as tape:
            tape.watch(vector)
            outputs = self.op(vector, kernel)
        # The map is linear: its gradient, weighted by what it gives, is the way back.
        back = tape.gradient(outputs, vector, output_gradients=outputs)
        self.singular_vector.assign(_of_length_1(back))

    @property
    def spectral_norm(self) -> tf.Tensor:
        """The norm of the kernel as it is, as far as it is known: float32, shape []."""
        return tf.sqrt(self._squared_norm())

    @property
    def normalised_kernel(self) -> tf.Tensor:
        """The kernel that is applied: float32, of the kernel's shape."""
        # Below the bound the factor is exactly 1, and has no gradient; that of a root at 0 is none.
        bound = tf.constant(self.norm_multiplier**2, tf.float32)
        return self.kernel * tf.sqrt(bound / tf.maximum(self._squared_norm(), bound))

    def _squared_norm(self) -> tf.Tensor:
        vector = _of_length_1(tf.convert_to_tensor(self.singular_vector))
        outputs = self.op(vector, tf.convert_to_tensor(self.kernel))
        return tf.reduce_sum(tf.square(outputs))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "norm_multiplier": self.norm_multiplier}


def _of_length_1(vector: tf.Tensor) -> tf.Tensor:
    """The vector, divided by its Euclidean length; zeros as they are."""
    return vector * tf.math.rsqrt(tf.maximum(tf.reduce_sum(tf.square(vector)), _SMALLEST))
