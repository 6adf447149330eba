"""DepthwiseConv1D whose kernel is made random, or has members."""

import keras

from bnnc.runtime.layers.batch_ensemble import BatchEnsemble
from bnnc.runtime.layers.depthwise_operation import DepthwiseOperation
from bnnc.runtime.layers.kernel_layer import kernel_layer
from bnnc.runtime.layers.rank_1 import Rank1
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from bnnc.runtime.layers.variational import Variational


class _DepthwiseConv1D(DepthwiseOperation, keras.layers.DepthwiseConv1D):
    """`keras.layers.DepthwiseConv1D`, as a method asks for it.

    Args:
        kernel_size: length of the kernel.

    Input shape: [batch, steps, channels].
    Output shape: [batch, new steps, channels * depth_multiplier].
    """


VariationalDepthwiseConv1D = kernel_layer(Variational, _DepthwiseConv1D)
Rank1DepthwiseConv1D = kernel_layer(Rank1, _DepthwiseConv1D)
BatchEnsembleDepthwiseConv1D = kernel_layer(BatchEnsemble, _DepthwiseConv1D)
SpectralNormalizedDepthwiseConv1D = kernel_layer(SpectralNormalization, _DepthwiseConv1D)
