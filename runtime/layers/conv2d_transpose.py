"""Conv2DTranspose whose kernel is made random, or has members."""

from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime.layers.batch_ensemble import BatchEnsemble
from bnnc.runtime.layers.kernel_layer import kernel_layer
from bnnc.runtime.layers.kernel_operation import KernelOperation
from bnnc.runtime.layers.rank_1 import Rank1
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from bnnc.runtime.layers.variational import Variational


class _Conv2DTranspose(KernelOperation, keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`, as a method asks for it.

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

    def op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Lay a copy of `kernel`, scaled by its input, at every position, and add them up."""
        return keras.ops.conv_transpose(
            inputs,
            kernel,
            strides=list(self.strides),
            padding=self.padding,
            output_padding=self.output_padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )


VariationalConv2DTranspose = kernel_layer(Variational, _Conv2DTranspose)
Rank1Conv2DTranspose = kernel_layer(Rank1, _Conv2DTranspose)
BatchEnsembleConv2DTranspose = kernel_layer(BatchEnsemble, _Conv2DTranspose)
SpectralNormalizedConv2DTranspose = kernel_layer(SpectralNormalization, _Conv2DTranspose)
