"""Conv1D whose kernel is made random, or has members."""

from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime.layers.batch_ensemble import BatchEnsemble
from bnnc.runtime.layers.kernel_operation import KernelOperation
from bnnc.runtime.layers.rank_1 import Rank1
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from bnnc.runtime.layers.variational import Variational


class _Conv1D(KernelOperation, keras.layers.Conv1D):
    """`keras.layers.Conv1D`, as a method asks for it."""

    def __init__(self, filters: int, kernel_size: int | tuple[int], **kwargs: Any) -> None:
        super().__init__(filters, kernel_size, **kwargs)

    @property
    def output_channels(self) -> int:
        """Number of filters."""
        return int(self.filters)

    @property
    def kernels_stand_side_by_side(self) -> bool:
        """Whether the channels are last, and in one group."""
        return self.groups == 1 and self.channel_axis == -1

    def op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Convolve `inputs` with `kernel`, after the zeros of causal padding."""
        padding = self.padding
        if padding == "causal":
            inputs = keras.ops.pad(inputs, self._compute_causal_padding())
            padding = "valid"
        return keras.ops.conv(
            inputs,
            kernel,
            strides=list(self.strides),
            padding=padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
        )


@keras.saving.register_keras_serializable(package="bnnc")
class VariationalConv1D(Variational, _Conv1D):
    """`keras.layers.Conv1D` with a normal posterior over its kernel.

    Args:
        filters: number of output channels.
        kernel_size: length of the kernel.
        **kwargs: `estimator`, `prior`, `initial_scale` and `seed` as in
            `bnnc.runtime.layers.Variational`; all else as in `keras.layers.Conv1D`, the
            kernel's initializer, HeNormal if not given, being that of the means.

    Input shape: [batch, steps, channels].
    Output shape: [batch, new steps, filters].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class Rank1Conv1D(Rank1, _Conv1D):
    """`keras.layers.Conv1D` with a rank-1 posterior: normal factors of its channels.

    Args:
        filters: number of output channels.
        kernel_size: length of the kernel.
        **kwargs: `members`, `prior`, `initial_scale` and `seed` as in
            `bnnc.runtime.layers.Rank1`; all else as in `keras.layers.Conv1D`, the kernel's
            initializer being HeNormal if not given.

    Input shape: [batch, steps, channels].
    Output shape: [batch, new steps, filters].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class BatchEnsembleConv1D(BatchEnsemble, _Conv1D):
    """`keras.layers.Conv1D` as an ensemble of members with one kernel.

    Args:
        filters: number of output channels.
        kernel_size: length of the kernel.
        **kwargs: `members` and `seed` as in `bnnc.runtime.layers.BatchEnsemble`; all else as in
            `keras.layers.Conv1D`, the kernel's initializer being HeNormal if not given.

    Input shape: [batch, steps, channels].
    Output shape: [batch, new steps, filters].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class SpectralNormalizedConv1D(SpectralNormalization, _Conv1D):
    """`keras.layers.Conv1D` whose spectral norm is held below a bound.

    Args:
        filters: number of output channels.
        kernel_size: length of the kernel.
        **kwargs: `norm_multiplier` and `seed` as in `bnnc.runtime.layers.SpectralNormalization`;
            all else as in `keras.layers.Conv1D`, the kernel's initializer being HeNormal if not
            given.

    Input shape: [batch, steps, channels].
    Output shape: [batch, new steps, filters].
    Raises: ValueError for an argument out of range.
    """
