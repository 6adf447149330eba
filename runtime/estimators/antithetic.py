"""Antithetic draws: one draw of the kernel for half of the batch, its mirror image for the other.

The noise of the two halves is opposite, so its linear part falls out of the gradient of the batch;
what is left is, once training has begun, as small as with flipout, for the arithmetic of
reparameterization (`benchmarks/gradient_variance.md`).

References: Hammersley and Morton 1956, doi:10.1017/S0305004100031455.
"""

import tensorflow as tf

from bnnc.runtime.estimators.estimator import KernelLayer, estimator
from bnnc.runtime.noise import normal


@estimator("antithetic", is_weight_draw=True, noise_of_examples="antithetic")
def antithetic(
    layer: KernelLayer, inputs: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, key: tf.Tensor
) -> tf.Tensor:
    """Return op(first half, mean + shift) and op(second half, mean - shift), each with its bias.

    `shift` is scale * noise, noise standard normal of the kernel's shape. Of an odd batch, the first
    half has one row more. A bias with a posterior has opposite draws too.
    """
    shift = scale * normal(mean.shape, key, mean.dtype)
    rows = tf.shape(inputs)[0]
    half = (rows + 1) // 2
    # A convolution of no rows has not the channels that it should have: the half of a single row's
    # batch that is empty has that row, and its outputs are cut off.
    second = tf.minimum(half, rows - 1)
    outputs = []
    for part, sign in ((inputs[:half], 1.0), (inputs[second:], -1.0)):
        # Rounded once, as in reparameterization.
        kernel = tf.cast(mean + sign * shift, inputs.dtype)
        outputs.append(layer.biased(layer.op(part, kernel), _bias(layer, key, sign)))
    return tf.concat(outputs, axis=0)[:rows]


def _bias(layer: KernelLayer, key: tf.Tensor, sign: float) -> tf.Tensor | None:
    """A draw of the bias, or its mirror image; the bias where it is deterministic."""
    drawn = layer.drawn_bias(key)
    if layer.bias_scale is None or sign > 0:
        return drawn
    return 2 * layer.bias_mean - drawn
