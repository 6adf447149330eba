"""DepthwiseConv2D whose kernel is made random, or has members."""

import keras

from bnnc.runtime.layers.batch_ensemble import BatchEnsemble
from bnnc.runtime.layers.depthwise_operation import DepthwiseOperation
from bnnc.runtime.layers.rank_1 import Rank1
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from bnnc.runtime.layers.variational import Variational


class _DepthwiseConv2D(DepthwiseOperation, keras.layers.DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D`, as a method asks for it."""


@keras.saving.register_keras_serializable(package="bnnc")
class VariationalDepthwiseConv2D(Variational, _DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D` with a normal posterior over its kernel.

    Args:
        kernel_size: height and width of the kernel, or one integer for both.
        **kwargs: `estimator`, `prior`, `initial_scale` and `seed` as in
            `bnnc.runtime.layers.Variational`; all else as in `keras.layers.DepthwiseConv2D`, the
            depthwise initializer, DepthwiseHeNormal if not given, being that of the means.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, new height, new width, channels * depth_multiplier].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class Rank1DepthwiseConv2D(Rank1, _DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D` with a rank-1 posterior: normal factors of its channels.

    Args:
        kernel_size: height and width of the kernel, or one integer for both.
        **kwargs: `members`, `prior`, `initial_scale` and `seed` as in
            `bnnc.runtime.layers.Rank1`; all else as in `keras.layers.DepthwiseConv2D`, the depthwise
            initializer being DepthwiseHeNormal if not given.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, new height, new width, channels * depth_multiplier].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class BatchEnsembleDepthwiseConv2D(BatchEnsemble, _DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D` as an ensemble of members with one kernel.

    Args:
        kernel_size: height and width of the kernel, or one integer for both.
        **kwargs: `members` and `seed` as in `bnnc.runtime.layers.BatchEnsemble`; all else as in
            `keras.layers.DepthwiseConv2D`, the depthwise
            initializer being DepthwiseHeNormal if not given.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, new height, new width, channels * depth_multiplier].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class SpectralNormalizedDepthwiseConv2D(SpectralNormalization, _DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D` whose spectral norm is held below a bound.

    Args:
        kernel_size: height and width of the kernel, or one integer for both.
        **kwargs: `norm_multiplier` and `seed` as in `bnnc.runtime.layers.SpectralNormalization`;
            all else as in `keras.layers.DepthwiseConv2D`, the depthwise
            initializer being DepthwiseHeNormal if not given.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, new height, new width, channels * depth_multiplier].
    Raises: ValueError for an argument out of range.
    """
