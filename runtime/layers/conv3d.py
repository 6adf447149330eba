"""Conv3D whose kernel is made random, or has members."""

from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime.layers.batch_ensemble import BatchEnsemble
from bnnc.runtime.layers.kernel_layer import kernel_layer
from bnnc.runtime.layers.kernel_operation import KernelOperation
from bnnc.runtime.layers.rank_1 import Rank1
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from bnnc.runtime.layers.variational import Variational


class _Conv3D(KernelOperation, keras.layers.Conv3D):
    """`keras.layers.Conv3D`, as a method asks for it.

    Args:
        filters: number of output channels.
        kernel_size: depth, height and width of the kernel, or one integer for all three.

    Input shape: [batch, depth, height, width, channels].
    Output shape: [batch, new depth, new height, new width, filters].
    """

    def __init__(
        self, filters: int, kernel_size: int | tuple[int, int, int], **kwargs: Any
    ) -> None:
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


VariationalConv3D = kernel_layer(Variational, _Conv3D)
Rank1Conv3D = kernel_layer(Rank1, _Conv3D)
BatchEnsembleConv3D = kernel_layer(BatchEnsemble, _Conv3D)
SpectralNormalizedConv3D = kernel_layer(SpectralNormalization, _Conv3D)
