"""Local reparameterization: noise on the outputs instead of the kernel.

Given the inputs, an output is Gaussian with mean op(x, mu) and variance op(x**2, sigma**2). Each
element gets noise of its own, which lowers the gradient's variance. For a convolution the
elements at different positions would be correlated through the kernel that they share, and are
drawn independently here: the marginal law is the kernel's, the joint law is not.

References: Kingma et al. 2015, arXiv:1506.02557.
"""

from typing import Final

import numpy as np
import tensorflow as tf

from bnnc.runtime import row_noise
from bnnc.runtime.estimators.estimator import KernelLayer, estimator
from bnnc.runtime.noise import shape_of_examples

# The derivative of the square root is infinite at 0, where all inputs of an output are 0, and
# infinity times 0 is NaN. A fast convolution may also round a tiny variance below 0. The smallest
# normal float32 is far below any variance that can matter (its root is 1e-19), and the derivative
# there, 5e18, is finite. The rectifier passes no gradient below 0.
SMALLEST_VARIANCE: Final = float(np.finfo(np.float32).tiny)


@estimator("local_reparameterization", is_weight_draw=False, noise_of_examples="independent")
def local_reparameterization(
    layer: KernelLayer, inputs: tf.Tensor, mean: tf.Tensor, scale: tf.Tensor, key: tf.Tensor
) -> tf.Tensor:
    """Return op(inputs, mean) + bias + sqrt(op(inputs**2, scale**2)) * noise of the outputs' shape.

    The variance of a bias with a posterior is added to that of the sums.
    """
    expected = layer.biased(layer.op(inputs, tf.cast(mean, inputs.dtype)))
    # float16 ends at 65504: it would overflow in the square of an input of 256, and lose a scale
    # of 2e-4 altogether. bfloat16 has the range of float32, and its digits are enough for noise.
    squared_type = tf.float32 if inputs.dtype == tf.float16 else inputs.dtype
    variance = layer.op(
        tf.square(tf.cast(inputs, squared_type)), tf.cast(tf.square(scale), squared_type)
    )
    if layer.bias_scale is not None:
        variance = layer.biased(variance, tf.square(layer.bias_scale))
    # Not the maximum of the two: its gradient takes as long as that of a convolution.
    deviation = tf.sqrt(tf.nn.relu(tf.cast(variance, tf.float32)) + SMALLEST_VARIANCE)
    noise = row_noise.normal(shape_of_examples(deviation), key)
    return expected + tf.cast(deviation * noise, inputs.dtype)
