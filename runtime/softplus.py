"""Positive variables: value = softplus(unconstrained) + floor."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

# Softplus underflows to zero in float32 below about -104, and log(0) in the KL term is -inf. One
# millionth is four orders of magnitude under any initial scale in use, so no posterior that
# matters reaches it, while its square, 1e-12, is still a normal float32 number.
SCALE_FLOOR: Final = 1e-6


# Where exp is finite in every type, and softplus is the identity to the last digit.
_LINEAR: Final = 20.0


@tf.custom_gradient
def positive(unconstrained: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """Return softplus(unconstrained) + `SCALE_FLOOR`, of the same shape and type.

    TensorFlow's own softplus takes three times as long as log(1 + exp), which loses nothing where
    the exponential is finite, and shares it with the gradient.
    """
    exponential = tf.exp(tf.minimum(unconstrained, _LINEAR))
    softplus = tf.maximum(unconstrained, tf.math.log1p(exponential))

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        return upstream * (exponential / (1.0 + exponential))

    return softplus + SCALE_FLOOR, gradient


def unconstrained(value: float) -> float:
    """Return the number that `positive` maps to `value`, in double precision.

    Raises: ValueError if `value` is not above `SCALE_FLOOR`.
    """
    above_floor = check_scale("value", value) - SCALE_FLOOR
    # log(exp(a) - 1), written so that neither a small nor a large a loses digits.
    return above_floor + math.log(-math.expm1(-above_floor))


def unconstrained_array(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """`unconstrained` of every number of an array; all must be above `SCALE_FLOOR`."""
    above_floor = values - SCALE_FLOOR
    return above_floor + np.log(-np.expm1(-above_floor))


def check_scale(name: str, value: object) -> float:
    """Return `value` as a float if it can be a standard deviation.

    Raises: ValueError, naming the argument, if it is no finite number above `SCALE_FLOOR`.
    """
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and value > SCALE_FLOOR
    ):
        return float(value)
    raise ValueError(
        f"Expected `{name}` to be a finite standard deviation greater than {SCALE_FLOOR}. "
        f"Received: {name}={value!r}"
    )
