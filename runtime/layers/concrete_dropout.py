"""Dropout whose rate is learned."""

import math
import weakref
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

import keras
import numpy as np
import tensorflow as tf

from bnnc.runtime.layers.dropout import Dropout
from bnnc.runtime.layers.dropped_kl import refuse_to_drop_kl
from bnnc.runtime.ordered_sum import ordered_sum
from bnnc.runtime.softplus import check_scale

# Of the relaxed mask, as in the paper: 0 would be Bernoulli, and have no gradient.
TEMPERATURE: Final = 0.1
# A uniform number of 0 would make the logistic noise -inf.
_SMALLEST: Final = float(np.finfo(np.float32).tiny)


@keras.saving.register_keras_serializable(package="bnnc")
class ConcreteDropout(Dropout):
    """Dropout that is active at prediction too, and whose rate p is learned by the evidence bound.

    What is dropped of an element is z = sigmoid((logit p + logit u) / 0.1) with u uniform, a
    relaxed Bernoulli(p) variable through which the gradient reaches p. The outputs are
    inputs * (1 - z) / (1 - p).

    An input that is dropped is a row of the kernels behind it that is dropped: the layer is a
    posterior of those kernels. With W all their weights and s the scale of its normal prior, the KL is
    ‖W‖² / (2 s² (1 - p)) + K (log 2 - H(p)), K being the elements of a mask and H the entropy of
    Bernoulli(p) in nats. The paper's is that less the constant K log 2, with which it is 0 where
    the kernel is 0 and p is one half, and nowhere below. The objective adds it once.

    The logit of the rate is float32 whatever the layer's dtype policy.

    Args:
        rate: the rate that p starts at, above 0 and below 1.
        readers: names of the layers whose kernels read the outputs; without any the KL is that of
            the rate alone.
        prior_scale: standard deviation of a weight of those kernels under the prior, above 1e-6.
        noise_shape: as in `keras.layers.Dropout`; (None, 1, 1, None) drops channels of a map.
        seed: integer from 0 to 2**31 - 1; random if None.

    Input and output shape: any of known sizes, the same.
    Raises: ValueError for an argument out of range.
    References: Gal, Hron and Kendall 2017, arXiv:1705.07832.
    """

    # Weight decay would take the logit to 0, and so the rate to one half.
    not_decayed: ClassVar[tuple[str, ...]] = ("rate_logit",)

    def __init__(
        self,
        rate: float,
        *,
        readers: Sequence[str] = (),
        prior_scale: float = 0.1,
        noise_shape: tuple[int | None, ...] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        if not 0 < rate < 1:
            raise ValueError(
                f"Expected `rate` to be above 0 and below 1: its logit is learned. "
                f"Received: rate={rate}"
            )
        super().__init__(rate, monte_carlo=True, noise_shape=noise_shape, seed=seed, **kwargs)
        self.readers = tuple(readers)
        self.prior_scale = check_scale("prior_scale", prior_scale)
        self._read_by: tuple[Callable[[], Any], ...] = ()

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the logit of the rate."""
        sizes = self.noise_shape or (None,) * len(input_shape)
        mask = [
            size if fixed is None else fixed
            for size, fixed in zip(input_shape[1:], sizes[1:], strict=True)
        ]
        if None in mask:
            raise ValueError(f"Expected inputs of known sizes. Received: input_shape={input_shape}")
        self.mask_size = math.prod(size for size in mask if size is not None)
        self.logit = self.add_weight(
            name="rate_logit",
            shape=(),
            initializer=keras.initializers.Constant(math.log(self.rate) - math.log1p(-self.rate)),
            dtype="float32",
            autocast=False,
        )
        super().build(input_shape)

    def connect(self, layer_named: Callable[[str], keras.layers.Layer]) -> None:
        """Remember the layers that read the outputs; the model that all are in calls this.

        Raises: ValueError if the model has no such layer.
        """
        # Weakly: Keras would take an attribute for a layer inside this one.
        self._read_by = tuple(weakref.ref(layer_named(name)) for name in self.readers)

    @property
    def learned_rate(self) -> tf.Tensor:
        """The rate p as it is now: float32, shape []."""
        return tf.sigmoid(tf.convert_to_tensor(self.logit))

    def call(self, inputs: tf.Tensor, training: bool | None = False) -> tf.Tensor:
        """Drop inputs, in training and at prediction."""
        del training
        refuse_to_drop_kl(self)
        # Formed in float32 and rounded once, as in `Dropout`.
        kept = 1.0 - self.relaxed_mask(self.uniform(inputs))
        factor = kept * (1.0 + tf.exp(self.logit))  # 1 / (1 - p)
        return tf.cast(tf.cast(inputs, tf.float32) * factor, inputs.dtype)

    def relaxed_mask(self, uniform: tf.Tensor) -> tf.Tensor:
        """What is dropped of each element, between 0 and 1, for uniform numbers in [0, 1)."""
        uniform = tf.maximum(uniform, _SMALLEST)
        logistic = tf.math.log(uniform) - tf.math.log1p(-uniform)
        return tf.sigmoid((self.logit + logistic) / TEMPERATURE)

    def kl_divergence(self) -> tf.Tensor:
        """KL(posterior ‖ prior) of the kernels that read the outputs: nats, float32, shape [].

        Raises: ValueError if the layer has `readers` and is in no `BayesianModel` yet.
        """
        logit = tf.convert_to_tensor(self.logit)
        # H(p) = softplus(logit) - p * logit, finite for every logit.
        entropy = tf.nn.softplus(logit) - tf.sigmoid(logit) * logit
        of_rate = self.mask_size * (math.log(2) - entropy)
        layers = [read_by() for read_by in self._read_by]
        if len(layers) < len(self.readers) or None in layers:
            raise ValueError(
                f"The KL of layer {self.name!r} is that of the kernels of {list(self.readers)}: "
                "ask for it once all are in a `BayesianModel`"
            )
        kernels = [_reading_kernel(one) for one in layers]
        squares = [tf.reduce_sum(tf.square(tf.cast(one, tf.float32))) for one in kernels]
        if not squares:
            return of_rate
        return of_rate + ordered_sum(squares) * (1.0 + tf.exp(logit)) / (2.0 * self.prior_scale**2)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config = {
            **super().get_config(),
            "readers": list(self.readers),
            "prior_scale": self.prior_scale,
        }
        del config["monte_carlo"]
        return config


def _reading_kernel(layer: keras.layers.Layer) -> keras.Variable:
    """The kernel that reads the layer's input: of a separable convolution the depthwise one."""
    kernel = getattr(layer, "kernel", None)
    return layer.depthwise_kernel if kernel is None else kernel
