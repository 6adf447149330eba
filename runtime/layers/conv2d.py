"""Conv2D whose kernel is made random."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime.layers.batch_ensemble import BatchEnsemble
from bnnc.runtime.layers.kernel_operation import KernelOperation
from bnnc.runtime.layers.rank_1 import Rank1
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from bnnc.runtime.layers.variational import Variational


class _Conv2D(KernelOperation, keras.layers.Conv2D):
    """`keras.layers.Conv2D`, as a method asks for it."""

    def __init__(self, filters: int, kernel_size: int | tuple[int, int], **kwargs: Any) -> None:
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
        """Convolve `inputs` with `kernel`."""
        return self.convolution_op(inputs, kernel)

    def sum_of_ops(self, inputs: Sequence[tf.Tensor], kernels: Sequence[tf.Tensor]) -> tf.Tensor:
        """Convolve each of `inputs`, all at once unless the channels are in groups."""
        if self.groups != 1:
            return super().sum_of_ops(inputs, kernels)
        return self.joined_sum_of_ops(inputs, kernels)


@keras.saving.register_keras_serializable(package="bnnc")
class VariationalConv2D(Variational, _Conv2D):
    """`keras.layers.Conv2D` with a normal posterior over its kernel.

    Args:
        filters: number of output channels.
        kernel_size: height and width of the kernel, or one integer for both.
        **kwargs: `estimator`, `prior`, `initial_scale` and `seed` as in
            `bnnc.runtime.layers.Variational`; all else as in `keras.layers.Conv2D`, the kernel's
            initializer, HeNormal if not given, being that of the means.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, new height, new width, filters].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class Rank1Conv2D(Rank1, _Conv2D):
    """`keras.layers.Conv2D` with a rank-1 posterior: normal factors of its channels.

    Args:
        filters: number of output channels.
        kernel_size: height and width of the kernel, or one integer for both.
        **kwargs: `members`, `prior`, `initial_scale` and `seed` as in
            `bnnc.runtime.layers.Rank1`; all else as in `keras.layers.Conv2D`, the
            kernel's initializer being HeNormal if not given.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, new height, new width, filters].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class BatchEnsembleConv2D(BatchEnsemble, _Conv2D):
    """`keras.layers.Conv2D` as an ensemble of members with one kernel.

    Args:
        filters: number of output channels.
        kernel_size: height and width of the kernel, or one integer for both.
        **kwargs: `members` and `seed` as in `bnnc.runtime.layers.BatchEnsemble`; all else as in
            `keras.layers.Conv2D`, the kernel's initializer being HeNormal if not given.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, new height, new width, filters].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class SpectralNormalizedConv2D(SpectralNormalization, _Conv2D):
    """`keras.layers.Conv2D` whose spectral norm is held below a bound.

    Args:
        filters: number of output channels.
        kernel_size: height and width of the kernel, or one integer for both.
        **kwargs: `norm_multiplier` and `seed` as in `bnnc.runtime.layers.SpectralNormalization`;
            all else as in `keras.layers.Conv2D`, the kernel's initializer being HeNormal if not
            given.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, new height, new width, filters].
    Raises: ValueError for an argument out of range.
    """
