"""Mixtures over weight draws: moments, quantiles, and the CRPS.

Every function takes the distributions of single numbers for every draw, a TFP distribution of
batch shape [draws, rows, columns] in double precision. The mixture gives each draw the same share.
"""

import tensorflow as tf
import tensorflow_probability as tfp

# Beyond this many draws, E|X - X'| is taken over that many shifts of the draws against themselves.
_SHIFTS = 64
# Whole numbers at which the distribution function of a count is looked at, at most.
_STEPS = 4096
# The quadrature for what has no closed form: nodes, and how many standard deviations it reaches.
_NODES = 801
_REACH = 1e6


def moments(each: tfp.distributions.Distribution) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Mean, mean variance of the draws (aleatoric), variance of their means (epistemic).

    The two variances sum to that of the mixture: the law of total variance.
    Shapes: -> three of [rows, columns].
    """
    means = each.mean()
    return (
        tf.reduce_mean(means, axis=0),
        tf.reduce_mean(each.variance(), axis=0),
        tf.math.reduce_variance(means, axis=0),
    )


# A thousand calls for one score: each distribution function is a hundred operations, which cost
# more to start one by one than to compute.
@tf.function(reduce_retracing=True, autograph=False)
def cdf(each: tfp.distributions.Distribution, values: tf.Tensor) -> tf.Tensor:
    """Probability of at most each value. Shapes: [rows, columns] -> [rows, columns]."""
    return tf.reduce_mean(each.cdf(values), axis=0)


def quantile(each: tfp.distributions.Distribution, level: float, *, discrete: bool) -> tf.Tensor:
    """The smallest number whose distribution function is at least `level`.

    Shapes: -> [rows, columns].
    """
    if discrete:
        return _whole_quantile(each, level)
    own = each.quantile(tf.constant(level, each.dtype))
    # The quantile of a mixture lies between the smallest and the largest of its parts'.
    low, high = tf.reduce_min(own, axis=0), tf.reduce_max(own, axis=0)
    precision = 1e-8 * (tf.reduce_min(each.stddev(), axis=0) + 1e-30)
    while tf.reduce_any(high - low > tf.maximum(precision, 1e-14 * tf.abs(high))):
        middle = (low + high) / 2
        over = cdf(each, middle) >= level
        low, high = tf.where(over, low, middle), tf.where(over, middle, high)
    return (low + high) / 2


def _whole_quantile(each: tfp.distributions.Distribution, level: float) -> tf.Tensor:
    mean, within, between = moments(each)
    low = -tf.ones_like(mean)
    high = tf.math.ceil(mean + tf.sqrt(within + between))
    while tf.reduce_any(short := cdf(each, high) < level):
        low, high = tf.where(short, high, low), tf.where(short, 2 * high + 1, high)
    while tf.reduce_any(high - low > 1):
        middle = tf.floor((low + high) / 2)
        over = cdf(each, middle) >= level
        # Where the two stand side by side already, the middle is the lower one, and is under.
        low, high = tf.where(over, low, middle), tf.where(over, middle, high)
    return high


def crps(each: tfp.distributions.Distribution, labels: tf.Tensor) -> tf.Tensor:
    """Continuous ranked probability score of each label: the integral of (F(x) - 1{x >= y})².

    It is E|X - y| - E|X - X'| / 2, in the label's own units; of a point forecast it is the absolute
    error. In closed form for normal distributions, as a sum for counts, and with the second term by
    quadrature for Student's t.

    Shapes: labels [rows, columns] -> [rows, columns].
    Raises: TypeError for other distributions.
    References: Gneiting and Raftery 2007, section 4.2; Grimit et al. 2006 for mixtures of normals.
    """
    match each:
        case tfp.distributions.Poisson():
            return _crps_of_counts(each, labels)
        case tfp.distributions.Normal():
            to_label = _normal_distance(each.loc - labels, each.scale**2)
            return tf.reduce_mean(to_label, axis=0) - _normal_spread(each) / 2
        case tfp.distributions.StudentT():
            return tf.reduce_mean(_t_distance(each, labels), axis=0) - _integral_of_variance(each)
    raise TypeError(f"the CRPS of a {each.name} is not known")


def _normal_distance(mean: tf.Tensor, variance: tf.Tensor) -> tf.Tensor:
    """E|X| of a normal number."""
    scale = tf.sqrt(variance)
    standard = mean / scale
    unit = tfp.distributions.Normal(tf.zeros((), mean.dtype), 1)
    return 2 * scale * unit.prob(standard) + mean * (2 * unit.cdf(standard) - 1)


def _normal_spread(each: tfp.distributions.Normal) -> tf.Tensor:
    """E|X - X'| of two numbers drawn from the mixture."""
    draws = each.loc.shape[0]
    variance = each.scale**2

    def at(shift: int) -> tf.Tensor:
        loc, other = tf.roll(each.loc, shift, axis=0), tf.roll(variance, shift, axis=0)
        return tf.reduce_mean(_normal_distance(each.loc - loc, variance + other), axis=0)

    if draws <= _SHIFTS:
        return tf.add_n([at(shift) for shift in range(draws)]) / draws
    shifts = [1 + (draws - 1) * index // _SHIFTS for index in range(_SHIFTS)]
    apart = tf.add_n([at(shift) for shift in shifts]) / _SHIFTS
    return at(0) / draws + apart * (draws - 1) / draws


def _t_distance(each: tfp.distributions.StudentT, values: tf.Tensor) -> tf.Tensor:
    """E|X - y|: with z the standardised y, z (2 F(z) - 1) + 2 f(z) (df + z²) / (df - 1)."""
    unit = tfp.distributions.StudentT(each.df, tf.zeros((), each.dtype), tf.ones((), each.dtype))
    standard = (values - each.loc) / each.scale
    beyond = unit.prob(standard) * (each.df + standard**2) / (each.df - 1)
    return each.scale * (standard * (2 * unit.cdf(standard) - 1) + 2 * beyond)


def _integral_of_variance(each: tfp.distributions.Distribution) -> tf.Tensor:
    """∫ F (1 - F), which is E|X - X'| / 2, by the trapezoidal rule over x = mean + width · sinh(u).

    The rule converges geometrically for what is smooth and fades at both ends; sinh puts most
    nodes where the mass is, and some far out, where the tails of a t still have theirs.
    """
    mean, within, between = moments(each)
    width = tf.reduce_min(each.stddev(), axis=0)
    reach = tf.asinh(_REACH * tf.sqrt(within + between) / width)
    total = tf.zeros_like(mean)
    for node in range(_NODES):
        u = reach * (2 * node / (_NODES - 1) - 1)
        under = cdf(each, mean + width * tf.sinh(u))
        total += under * (1 - under) * width * tf.cosh(u)
    return total * 2 * reach / (_NODES - 1)


def _crps_of_counts(each: tfp.distributions.Distribution, labels: tf.Tensor) -> tf.Tensor:
    """The sum over whole k of (F(k) - 1{k >= y})²; where nothing is left of F, each term is 1 or 0.

    Where the counts reach over more than `_STEPS` numbers, as many cells of equal width stand for
    them, each by the number in its middle.
    """
    low = _whole_quantile(each, 1e-12)
    high = _whole_quantile(each, 1 - 1e-12)
    width = tf.maximum(tf.math.ceil((high - low) / _STEPS), 1)
    total = tf.maximum(labels - high, 0) + tf.maximum(low - labels, 0)
    for step in range(int(tf.reduce_max(tf.math.ceil((high - low) / width)))):
        first = low + step * width
        under = cdf(each, first + tf.floor((width - 1) / 2))
        # Of the numbers of this cell, those below the label and those from it on.
        size = tf.clip_by_value(high - first, 0, width)
        before = tf.clip_by_value(labels - first, 0, size)
        total += before * under**2 + (size - before) * (1 - under) ** 2
    return total
