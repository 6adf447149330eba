"""Reparameterization: one draw of the kernel for the whole batch.

References: Kingma and Welling 2014, arXiv:1312.6114; Blundell et al. 2015, arXiv:1505.05424.
"""

import tensorflow as tf

from bnnc.runtime.estimators.estimator import KernelLayer, estimator
from bnnc.runtime.noise import normal


@estimator("reparameterization", is_weight_draw=True, noise_of_examples="shared")
def reparameterization(
    layer: KernelLayer, inputs: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, key: tf.Tensor
) -> tf.Tensor:
    """Return op(inputs, mean + scale * noise) + bias, noise standard normal of the kernel's shape.

    A bias with a posterior is drawn once too.
    """
    # Formed in float32 and rounded once: in half precision mean + 0.01 * noise would lose most
    # of the noise's digits.
    kernel = tf.cast(drawn_kernel(mean, scale, key), inputs.dtype)
    return layer.biased(layer.op(inputs, kernel), layer.drawn_bias(key))


def drawn_kernel(mean: tf.Tensor, scale: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    """Return one draw of the kernel, float32, of the shape of `mean`."""
    return mean + scale * normal(mean.shape, key, mean.dtype)
