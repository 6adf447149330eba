"""Dense whose kernel is made random."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime.layers.batch_ensemble import BatchEnsemble
from bnnc.runtime.layers.kernel_layer import kernel_layer
from bnnc.runtime.layers.kernel_operation import KernelOperation
from bnnc.runtime.layers.laplace import Laplace
from bnnc.runtime.layers.rank_1 import Rank1
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from bnnc.runtime.layers.variational import Variational


class _Dense(KernelOperation, keras.layers.Dense):
    """`keras.layers.Dense`, as a method asks for it.

    Args:
        units: number of output features.

    Input shape: [batch, ..., features].
    Output shape: [batch, ..., units].
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)

    @property
    def output_channels(self) -> int:
        """Number of units."""
        return int(self.units)

    @property
    def supports_batched_kernels(self) -> bool:
        """Always: every column of the kernel is one unit."""
        return True

    def op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Multiply the last axis of `inputs` by `kernel`."""
        return keras.ops.matmul(inputs, kernel)

    def sum_of_ops(self, inputs: Sequence[tf.Tensor], kernels: Sequence[tf.Tensor]) -> tf.Tensor:
        """Multiply each of `inputs`, all at once."""
        return self.joined_sum_of_ops(inputs, kernels)

    def positions_share_kernel(self, inputs: tf.Tensor) -> bool:
        """Say whether there are axes between the batch and the features."""
        return len(inputs.shape) > 2


VariationalDense = kernel_layer(Variational, _Dense)
Rank1Dense = kernel_layer(Rank1, _Dense)
BatchEnsembleDense = kernel_layer(BatchEnsemble, _Dense)
SpectralNormalizedDense = kernel_layer(SpectralNormalization, _Dense)
LaplaceDense = kernel_layer(Laplace, _Dense)
