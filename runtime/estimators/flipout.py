"""Flipout: one perturbation of the kernel, with new signs for every example.

An example's kernel is mean + perturbation * signs. The signs are a vector over the input channels,
the same at every pixel: signs per pixel would give the pixels different kernels, which no draw of
the weights can do.

The paper has a second vector, over the output channels. One of the two makes the perturbations of
any two examples uncorrelated, and so does away with the noise that a batch shares. The second one
changes the variance of the gradients by less than three percent (`benchmarks/gradient_variance.md`) and
is dear, but for layers of few inputs: with one, the products of two units' perturbations are the same in all examples, and the
gradient by their scales has twice the variance. It is left out: with signs on the inputs alone, mean and perturbation are one operation over twice the
channels, with which TensorFlow joins bias and activation.

References: Wen et al. 2018, arXiv:1803.04386.
"""

import tensorflow as tf

from bnnc.runtime import row_noise
from bnnc.runtime.estimators.estimator import KernelLayer, estimator
from bnnc.runtime.noise import key_of_bias, normal


@estimator("flipout", is_weight_draw=True, noise_of_examples="independent")
def flipout(
    layer: KernelLayer, inputs: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, key: tf.Tensor
) -> tf.Tensor:
    """Return op(inputs, mean) + op(inputs * sign, scale * noise) + bias.

    A bias with a posterior is a row of the kernel whose input is 1: its perturbation has one sign
    for each example.
    """
    noise, sign = flipout_noise(layer, inputs, mean, key)
    kernels = [tf.cast(one, inputs.dtype) for one in (mean, scale * noise)]
    outputs = layer.biased(layer.sum_of_ops([inputs, inputs * sign], kernels))
    if layer.bias_scale is None:
        return outputs
    perturbation = tf.cast(layer.bias_scale * bias_noise(layer.bias_scale, key), outputs.dtype)
    by_channel = layer.by_channel(outputs, 1, perturbation.shape[0])
    return outputs + tf.reshape(perturbation, by_channel) * bias_signs(layer, outputs, key)


def flipout_noise(
    layer: KernelLayer, inputs: tf.Tensor, mean: tf.Tensor, key: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the standard normal noise of the kernel's shape, and the signs of the examples."""
    noise_key, sign_key = tf.unstack(tf.random.split(key, 2))
    noise = normal(mean.shape, noise_key, mean.dtype)
    return noise, row_noise.signs(layer.sign_shape(inputs), sign_key, inputs.dtype)


def bias_noise(scale: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    """Return the standard normal noise of a bias, for the key of its layer. Shape: [channels]."""
    return normal(scale.shape, key_of_bias(key), scale.dtype)


def bias_signs(layer: KernelLayer, outputs: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    """Return the sign of the bias's noise for each example, in a shape that fits `outputs`."""
    shape = tf.stack(layer.by_channel(outputs, tf.shape(outputs)[0], 1))
    sign_key = tf.random.fold_in(key_of_bias(key), 1)
    return row_noise.signs(shape, sign_key, outputs.dtype)
