"""DepthwiseConv1D whose kernel is made random, or has members."""

import keras

from bnnc.runtime.layers.batch_ensemble import BatchEnsemble
from bnnc.runtime.layers.depthwise_operation import DepthwiseOperation
from bnnc.runtime.layers.rank_1 import Rank1
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from bnnc.runtime.layers.variational import Variational


class _DepthwiseConv1D(DepthwiseOperation, keras.layers.DepthwiseConv1D):
    """`keras.layers.DepthwiseConv1D`, as a method asks for it."""


@keras.saving.register_keras_serializable(package="bnnc")
class VariationalDepthwiseConv1D(Variational, _DepthwiseConv1D):
    """`keras.layers.DepthwiseConv1D` with a normal posterior over its kernel.

    Args:
        kernel_size: length of the kernel.
        **kwargs: `estimator`, `prior`, `initial_scale` and `seed` as in
            `bnnc.runtime.layers.Variational`; all else as in `keras.layers.DepthwiseConv1D`, the
            depthwise initializer, DepthwiseHeNormal if not given, being that of the means.

    Input shape: [batch, steps, channels].
    Output shape: [batch, new steps, channels * depth_multiplier].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class Rank1DepthwiseConv1D(Rank1, _DepthwiseConv1D):
    """`keras.layers.DepthwiseConv1D` with a rank-1 posterior: normal factors of its channels.

    Args:
        kernel_size: length of the kernel.
        **kwargs: `members`, `prior`, `initial_scale` and `seed` as in
            `bnnc.runtime.layers.Rank1`; all else as in `keras.layers.DepthwiseConv1D`, the depthwise
            initializer being DepthwiseHeNormal if not given.

    Input shape: [batch, steps, channels].
    Output shape: [batch, new steps, channels * depth_multiplier].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class BatchEnsembleDepthwiseConv1D(BatchEnsemble, _DepthwiseConv1D):
    """`keras.layers.DepthwiseConv1D` as an ensemble of members with one kernel.

    Args:
        kernel_size: length of the kernel.
        **kwargs: `members` and `seed` as in `bnnc.runtime.layers.BatchEnsemble`; all else as in
            `keras.layers.DepthwiseConv1D`, the depthwise
            initializer being DepthwiseHeNormal if not given.

    Input shape: [batch, steps, channels].
    Output shape: [batch, new steps, channels * depth_multiplier].
    Raises: ValueError for an argument out of range.
    """


@keras.saving.register_keras_serializable(package="bnnc")
class SpectralNormalizedDepthwiseConv1D(SpectralNormalization, _DepthwiseConv1D):
    """`keras.layers.DepthwiseConv1D` whose spectral norm is held below a bound.

    Args:
        kernel_size: length of the kernel.
        **kwargs: `norm_multiplier` and `seed` as in `bnnc.runtime.layers.SpectralNormalization`;
            all else as in `keras.layers.DepthwiseConv1D`, the depthwise
            initializer being DepthwiseHeNormal if not given.

    Input shape: [batch, steps, channels].
    Output shape: [batch, new steps, channels * depth_multiplier].
    Raises: ValueError for an argument out of range.
    """
