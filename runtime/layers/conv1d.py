"""Conv1D whose kernel is made random, or has members."""

from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime.keras_internals import causal_padding
from bnnc.runtime.layers.batch_ensemble import BatchEnsemble
from bnnc.runtime.layers.kernel_layer import kernel_layer
from bnnc.runtime.layers.kernel_operation import KernelOperation
from bnnc.runtime.layers.rank_1 import Rank1
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from bnnc.runtime.layers.variational import Variational


class _Conv1D(KernelOperation, keras.layers.Conv1D):
    """`keras.layers.Conv1D`, as a method asks for it.

    Args:
        filters: number of output channels.
        kernel_size: length of the kernel.

    Input shape: [batch, steps, channels].
    Output shape: [batch, new steps, filters].
    """

    def __init__(self, filters: int, kernel_size: int | tuple[int], **kwargs: Any) -> None:
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
        """Convolve `inputs` with `kernel`, after the zeros of causal padding."""
        padding = self.padding
        if padding == "causal":
            inputs = causal_padding(self, inputs)
            padding = "valid"
        return keras.ops.conv(
            inputs,
            kernel,
            strides=list(self.strides),
            padding=padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )


VariationalConv1D = kernel_layer(Variational, _Conv1D)
Rank1Conv1D = kernel_layer(Rank1, _Conv1D)
BatchEnsembleConv1D = kernel_layer(BatchEnsemble, _Conv1D)
SpectralNormalizedConv1D = kernel_layer(SpectralNormalization, _Conv1D)
