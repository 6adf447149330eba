"""Conv2DTranspose whose kernel is made random, or has members."""

from typing import Any

import keras
import tensorflow as tf

from bnnc.runtime.layers.batch_ensemble import BatchEnsemble
from bnnc.runtime.layers.kernel_operation import KernelOperation
from bnnc.runtime.layers.rank_1 import Rank1
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from bnnc.runtime.layers.variational import Variational


class _Conv2DTranspose(KernelOperation, keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`, as a method asks for it."""

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


@keras.saving.register_keras_serializable(package="bnnc")
class VariationalConv2DTranspose(Variational, _Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` with a normal posterior over its kernel.

    Args:
        filters: number of output channels.
        kernel_size: height and width of the kernel, or one integer for both.
        **kwargs: `estimator`, `prior`, `initial_scale` and `seed` as in
            `bnnc.runtime.layers.Variational`; all else as in `keras.layers.Conv2DTranspose`, the
            kernel's initializer, HeNormal if not given, being that of the means.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, new height, new width, filters].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class Rank1Conv2DTranspose(Rank1, _Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` with a rank-1 posterior: normal factors of its channels.

    Args:
        filters: number of output channels.
        kernel_size: height and width of the kernel, or one integer for both.
        **kwargs: `members`, `prior`, `initial_scale` and `seed` as in
            `bnnc.runtime.layers.Rank1`; all else as in `keras.layers.Conv2DTranspose`, the kernel's
            initializer being HeNormal if not given.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, new height, new width, filters].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class BatchEnsembleConv2DTranspose(BatchEnsemble, _Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` as an ensemble of members with one kernel.

    Args:
        filters: number of output channels.
        kernel_size: height and width of the kernel, or one integer for both.
        **kwargs: `members` and `seed` as in `bnnc.runtime.layers.BatchEnsemble`; all else as in
            `keras.layers.Conv2DTranspose`, the kernel's initializer being HeNormal if not given.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, new height, new width, filters].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class SpectralNormalizedConv2DTranspose(SpectralNormalization, _Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` whose spectral norm is held below a bound.

    Args:
        filters: number of output channels.
        kernel_size: height and width of the kernel, or one integer for both.
        **kwargs: `norm_multiplier` and `seed` as in `bnnc.runtime.layers.SpectralNormalization`;
            all else as in `keras.layers.Conv2DTranspose`, the kernel's initializer being HeNormal if not
            given.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, new height, new width, filters].
    Raises: ValueError for an argument out of range.
    """
