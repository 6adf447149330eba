"""Dense whose kernel is made random."""

from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime.layers.kernel_operation import KernelOperation
from bnnc.runtime.layers.variational import Variational


class _Dense(KernelOperation, keras.layers.Dense):
    """`keras.layers.Dense`, as a method asks for it."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)

    @property
    def output_channels(self) -> int:
        """Number of units."""
        return int(self.units)

    def op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Multiply the last axis of `inputs` by `kernel`."""
        return keras.ops.matmul(inputs, kernel)

    def positions_share_kernel(self, inputs: tf.Tensor) -> bool:
        """Say whether there are axes between the batch and the features."""
        return bool(inputs.shape.rank > 2)


@keras.saving.register_keras_serializable(package="bnnc")
class VariationalDense(Variational, _Dense):
    """`keras.layers.Dense` with a normal posterior over its kernel.

    Args:
        units: number of output features.
        **kwargs: `estimator`, `prior`, `initial_scale` and `seed` as in
            `bnnc.runtime.layers.Variational`; all else as in `keras.layers.Dense`, the kernel's
            initializer, HeNormal if not given, being that of the means.

    Input shape: [batch, ..., features].
    Output shape: [batch, ..., units].
    Raises: ValueError for an argument out of range.
    """
