"""Flipout: one perturbation of the kernel, its signs flipped anew for every example.

An example's kernel is mean + perturbation * signs. The signs are a vector over the input channels,
the same at every pixel: signs per pixel would give the pixels different kernels, which no draw of
the weights can do.

The paper has a second vector, over the output channels. One of the two makes the perturbations of
any two examples uncorrelated, and so does away with the noise that a batch shares. The second one
changes the variance of the gradients by less than three percent (`benchmarks/gradient_variance.md`) and
is dear: with signs on the inputs alone, mean and perturbation are one operation over twice the
channels, with which TensorFlow joins bias and activation.

References: Wen et al. 2018, arXiv:1803.04386.
"""

import tensorflow as tf

from bnnc.runtime.estimators.estimator import KernelLayer, estimator
from bnnc.runtime.noise import key_of_examples, normal, signs


@estimator("flipout", is_weight_draw=True, noise_per_example=True)
def flipout(
    layer: KernelLayer, inputs: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, key: tf.Tensor
) -> tf.Tensor:
    """Return op(inputs, mean) + op(inputs * sign, scale * noise) + bias."""
    noise, sign = flipout_noise(layer, inputs, mean, key)
    kernels = [tf.cast(one, inputs.dtype) for one in (mean, scale * noise)]
    return layer.biased(layer.sum_of_ops([inputs, inputs * sign], kernels))


def flipout_noise(
    layer: KernelLayer, inputs: tf.Tensor, mean: tf.Tensor, key: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the standard normal noise of the kernel's shape, and the signs of the examples."""
    noise_key, sign_key = tf.unstack(tf.random.split(key, 2))
    noise = normal(mean.shape, noise_key, mean.dtype)
    return noise, signs(layer.sign_shape(inputs), key_of_examples(sign_key), inputs.dtype)
