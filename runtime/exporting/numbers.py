"""Moments, quantiles and intervals of numbers, as operations of a graph in single precision.

ONNX and LiteRT have no distribution functions of normal numbers, Student's t or counts: these are
made of exponentials, logarithms and powers here.
"""

from collections.abc import Callable, Sequence
from math import lgamma, pi, sqrt
from typing import Final

import numpy as np
import tensorflow as tf
from scipy.special import gammaln, roots_legendre
from scipy.stats import norm, t

from bnnc.runtime.outputs.normal import Normal
from bnnc.runtime.outputs.number import NumberOutput, OverReals
from bnnc.runtime.outputs.poisson import SMALLEST_RATE, Poisson
from bnnc.runtime.outputs.student_t import StudentT
from bnnc.runtime.prediction.regression_prediction import INTERVALS, LEVELS
from bnnc.runtime.softplus import SCALE_FLOOR
from bnnc.specs.calibration import IntervalMethod

MOST_COUNT: Final = 1023
"""Quantiles of counts are at most this."""

# The interval that a quantile lies in is divided into parts, again and again: float32 has 24 bits.
_PARTS: Final = 16
_DIVISIONS: Final = 7
# Nodes of the quadrature for Student's t where no fewer are exact.
_NODES: Final = 24
# Chebyshev coefficients of erfc, with a relative error below 1.2e-7 everywhere: Press et al. 1992,
# Numerical Recipes, section 6.2.
_ERFC: Final = (
    -1.26551223,
    1.00002368,
    0.37409196,
    0.09678418,
    -0.18628806,
    0.27886807,
    -1.13520398,
    1.48851587,
    -0.82215223,
    0.17087277,
)
# The relative step of float32: interval ends are rounded outwards by it.
_TINY: Final = float(np.finfo(np.float32).tiny)
_STEP: Final = float(np.finfo(np.float32).eps)


class Mixture:
    """The mixture of one distribution for each draw.

    Args:
        output: the output distribution.
        parameters: its parameters of every draw. Shape [draws, rows, width], float32.
    """

    def __init__(self, output: NumberOutput, parameters: tf.Tensor) -> None:
        self._output = output
        self._parameters = parameters

    @property
    def _each(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Location and scale of every draw. Shapes: -> two of [draws, rows, columns]."""
        output, parameters = self._output, self._parameters
        assert isinstance(output, OverReals)
        loc = output.locations(parameters)
        if isinstance(output, Normal) and output.fixed_scale is not None:
            return loc, tf.ones_like(loc) * output.fixed_scale
        unconstrained = parameters[..., output.event_size :]
        # Softplus as `bnnc.runtime.softplus.positive`, in operations that every format has.
        small = log1p(tf.exp(-tf.abs(unconstrained)))
        return loc, output.in_label_units(tf.maximum(unconstrained, 0.0) + small + SCALE_FLOOR)

    def moments(self) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Mean, mean variance of the draws (aleatoric), variance of their means (epistemic).

        Shapes: -> three of [rows, columns].
        """
        if isinstance(self._output, Poisson):
            means = variances = self._rate()
        else:
            means, scale = self._each
            variances = tf.square(scale)
        if isinstance(self._output, StudentT):
            variances *= self._output.df / (self._output.df - 2)
        mean = tf.reduce_mean(means, axis=0)
        epistemic = tf.reduce_mean(tf.square(means - mean), axis=0)
        return mean, tf.reduce_mean(variances, axis=0), epistemic

    def quantiles(self) -> tf.Tensor:
        """Quantiles at `LEVELS`. Shapes: -> [levels, rows, columns].

        Raises: TypeError for an output distribution without them.
        """
        if isinstance(self._output, Poisson):
            return self._of_counts()
        standard, below = _standard(self._output)
        loc, scale = self._each
        # [levels, draws, rows, columns]
        own = loc + scale * tf.constant(standard, tf.float32, (len(LEVELS), 1, 1, 1))
        # The quantile of a mixture lies between the smallest and the largest of its parts'.
        low = tf.reduce_min(own, axis=1)[..., tf.newaxis]
        step = tf.reduce_max(own, axis=1)[..., tf.newaxis] - low
        # The last axis is that of the ends of parts: [levels, rows, columns, ends].
        loc, scale = loc[tf.newaxis, ..., tf.newaxis], scale[tf.newaxis, ..., tf.newaxis]
        ends = tf.range(1.0, _PARTS)
        level = tf.constant(LEVELS, tf.float32, (len(LEVELS), 1, 1, 1))
        for _ in range(_DIVISIONS):
            step /= _PARTS
            values = tf.expand_dims(low + step * ends, 1)
            reached = tf.reduce_mean(below((values - loc) / scale), axis=1)
            under = tf.cast(reached < level, tf.float32)
            low += step * tf.reduce_sum(under, axis=-1, keepdims=True)
        return (low + step / 2)[..., 0]

    def _rate(self) -> tf.Tensor:
        parameters = self._parameters
        if self._output.parameterization == "log_rate":
            return tf.exp(parameters)
        return parameters + SMALLEST_RATE

    def _of_counts(self) -> tf.Tensor:
        """The smallest count whose distribution function is at least the level."""
        counts = np.arange(MOST_COUNT)
        positive = np.maximum(counts, 1)
        # log p(k) = k log(rate / k) + k - rate - (log k! - k log k + k): near the rate, where the
        # mass is, no term is large.
        rest = np.where(counts > 0, gammaln(counts + 1) - positive * np.log(positive) + counts, 0)
        rate = self._rate()[..., tf.newaxis]
        ratio = tf.math.log(rate / positive.astype(np.float32))
        whole = counts.astype(np.float32)
        log_probs = whole * ratio + (whole - rate) - rest.astype(np.float32)
        reached = tf.reduce_mean(tf.cumsum(tf.exp(log_probs), axis=-1), axis=0)
        under = [tf.cast(reached < np.float32(level), tf.float32) for level in LEVELS]
        return tf.stack([tf.reduce_sum(one, axis=-1) for one in under])


def log1p(numbers: tf.Tensor) -> tf.Tensor:
    """log(1 + x) for x at least 0, as precise for small ones: ONNX has no operation for it.

    References: Kahan, as in Higham 2002, Accuracy and Stability of Numerical Algorithms, 1.14.1.
    """
    above = 1 + numbers
    rounded = above - 1
    exact = tf.math.log(above) * numbers / tf.maximum(rounded, _TINY)
    return tf.where(rounded > 0, exact, numbers)


def interval(
    method: IntervalMethod,
    coverage: float,
    thresholds: Sequence[float],
    mean: tf.Tensor,
    std: tf.Tensor,
    quantiles: tf.Tensor,
) -> tf.Tensor:
    """Ends of the numbers whose conformal scores are at most the thresholds.

    Shapes: mean and std [rows, columns], quantiles [levels, rows, columns] -> [2, rows, columns].
    """
    threshold = tf.constant(np.asarray(thresholds, np.float32))
    if method == "cqr":
        share = min(INTERVALS, key=lambda one: abs(one - coverage))
        place = next(i for i, one in enumerate(LEVELS) if abs(one - (1 - share) / 2) < 1e-9)
        low, high = quantiles[place] - threshold, quantiles[-1 - place] + threshold
        middle = (low + high) / 2
        low, high = tf.minimum(low, middle), tf.maximum(high, middle)
    else:
        width = threshold * std if method == "normalized" else threshold
        low, high = mean - width, mean + width
    return tf.stack([low - tf.abs(low) * _STEP, high + tf.abs(high) * _STEP])


def _standard(output: NumberOutput) -> tuple[list[float], Callable[[tf.Tensor], tf.Tensor]]:
    """Quantiles at `LEVELS`, and the distribution function, for location 0 and scale 1."""
    match output:
        case Normal():
            return [float(one) for one in norm.ppf(LEVELS)], _normal_cdf
        case StudentT():
            return [float(one) for one in t.ppf(LEVELS, output.df)], _t_cdf(output.df)
    raise TypeError(f"the quantiles of a {type(output).__name__} are not known")


def _normal_cdf(numbers: tf.Tensor) -> tf.Tensor:
    """Distribution function of standard normal numbers."""
    size = tf.abs(numbers) * sqrt(0.5)
    near = 1 / (1 + 0.5 * size)
    series = tf.zeros_like(near)
    for coefficient in reversed(_ERFC):
        series = series * near + coefficient
    half = 0.5 * near * tf.exp(series - tf.square(size))
    return tf.where(numbers > 0, 1 - half, half)


def _t_cdf(df: float) -> Callable[[tf.Tensor], tf.Tensor]:
    """Distribution function of Student's t.

    With u = z / sqrt(df + z²) it is 1/2 + C ∫ (1 - v²)^(df/2 - 1) dv from 0 to u, by Gauss's rule:
    exact where df is even, and elsewhere with an error below 1e-7 between the quantiles that are asked
    for.
    """
    power = df / 2 - 1
    degree = int(power) if power == int(power) and power < _NODES else _NODES - 1
    points, weights = roots_legendre(degree + 1)
    factor = np.exp(lgamma((df + 1) / 2) - lgamma(df / 2)) / sqrt(pi)

    # Gauss's points lie in [-1, 1]; the integral goes from 0 to u. Shapes: [nodes].
    squares = tf.constant(np.square((points + 1) / 2), tf.float32)
    shares = tf.constant(factor * weights[:, np.newaxis] / 2, tf.float32)

    def cdf(numbers: tf.Tensor) -> tf.Tensor:
        u = numbers * tf.math.rsqrt(df + tf.square(numbers))
        # Two axes: LiteRT broadcasts no more than it must. [numbers, nodes]
        rest = 1 - tf.reshape(tf.square(u), [-1, 1]) * squares
        powers = tf.exp(np.float32(power) * tf.math.log(tf.maximum(rest, _TINY)))
        return 0.5 + u * tf.reshape(tf.matmul(powers, shares), tf.shape(u))

    return cdf
