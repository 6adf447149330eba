"""Base class of the priors with one scale for the kernel."""

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import tensorflow as tf

from bnnc.runtime.priors.prior import Prior
from bnnc.runtime.softplus import check_scale, positive, unconstrained

_VARIABLE = "prior_unconstrained_scale"


@dataclass(frozen=True)
class ScaledPrior(Prior):
    """Independent weights of a law with mean 0 and one scale.

    Args:
        scale: scale of the law, above 1e-6; where it is learned, its initial value.
        learned: whether each layer learns its own scale, by the evidence lower bound (empirical
            Bayes).

    Raises: ValueError if `scale` is no scale, TypeError if `learned` is no bool.
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

    def current_scale(self, variables: Mapping[str, keras.Variable]) -> tf.Tensor:
        """Return the scale, given or learned: float32, of shape []."""
        if self.learned:
            return positive(tf.convert_to_tensor(variables[_VARIABLE]))
        return tf.constant(self.scale, dtype=tf.float32)
