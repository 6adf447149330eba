"""Flipout: one perturbation of the kernel, its signs flipped anew for every example.

An example's kernel is mean + perturbation * outer(sign_in, sign_out). The signs are a vector over
the input channels and one over the output channels, the same at every pixel: signs per pixel
would give the pixels different kernels, which no draw of the weights can do.

References: Wen et al. 2018, arXiv:1803.04386.
"""

import tensorflow as tf

from bnnc.runtime.estimators.estimator import KernelLayer, estimator
from bnnc.runtime.noise import key_of_examples


@estimator("flipout", is_weight_draw=True, noise_per_example=True)
def flipout(
    layer: KernelLayer, inputs: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, key: tf.Tensor
) -> tf.Tensor:
    """Return op(inputs, mean) + op(inputs * sign_in, scale * noise) * sign_out."""
    noise, sign_in, sign_out = flipout_noise(layer, inputs, mean, key)
    perturbation = tf.cast(scale * noise, inputs.dtype)
    flipped = layer.op(inputs * sign_in, perturbation) * sign_out
    return layer.op(inputs, tf.cast(mean, inputs.dtype)) + flipped


def flipout_noise(
    layer: KernelLayer, inputs: tf.Tensor, mean: tf.Tensor, key: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return the standard normal noise of the kernel's shape, and the two sign tensors."""
    noise_key, in_key, out_key = tf.unstack(tf.random.split(key, 3))
    in_shape, out_shape = layer.sign_shapes(inputs)
    noise = tf.random.stateless_normal(tf.shape(mean), noise_key, dtype=mean.dtype)
    sign_in = _signs(in_shape, key_of_examples(in_key), inputs.dtype)
    sign_out = _signs(out_shape, key_of_examples(out_key), inputs.dtype)
    return noise, sign_in, sign_out


def _signs(shape: tf.Tensor, key: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """Return exactly +1 or -1, with equal probability, from one random bit each."""
    bits = tf.random.stateless_uniform(shape, key, minval=0, maxval=2, dtype=tf.int32)
    return tf.cast(2 * bits - 1, dtype)
