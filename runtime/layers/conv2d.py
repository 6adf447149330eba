"""Conv2D whose kernel is made random."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime.layers.batch_ensemble import BatchEnsemble
from bnnc.runtime.layers.kernel_layer import kernel_layer
from bnnc.runtime.layers.kernel_operation import KernelOperation
from bnnc.runtime.layers.rank_1 import Rank1
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from bnnc.runtime.layers.variational import Variational


class _Conv2D(KernelOperation, keras.layers.Conv2D):
    """`keras.layers.Conv2D`, as a method asks for it.

    Args:
        filters: number of output channels.
        kernel_size: height and width of the kernel, or one integer for both.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, new height, new width, filters].
    """

    def __init__(self, filters: int, kernel_size: int | tuple[int, int], **kwargs: Any) -> None:
        super().__init__(filters, kernel_size, **kwargs)

    @property
    def output_channels(self) -> int:
        """Number of filters."""
        return int(self.filters)

    @property
    def supports_batched_kernels(self) -> bool:
        """Whether the channels are last, and in one group."""
        return self.groups == 1 and self.channel_axis == -1

    def op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Convolve `inputs` with `kernel`."""
        return self.convolution_op(inputs, kernel)

    def sum_of_ops(self, inputs: Sequence[tf.Tensor], kernels: Sequence[tf.Tensor]) -> tf.Tensor:
        """Convolve each of `inputs`, all at once unless the channels are in groups."""
        if self.groups != 1:
            return super().sum_of_ops(inputs, kernels)
        return self.joined_sum_of_ops(inputs, kernels)


VariationalConv2D = kernel_layer(Variational, _Conv2D)
Rank1Conv2D = kernel_layer(Rank1, _Conv2D)
BatchEnsembleConv2D = kernel_layer(BatchEnsemble, _Conv2D)
SpectralNormalizedConv2D = kernel_layer(SpectralNormalization, _Conv2D)
