"""DepthwiseConv2D whose kernel is made random, or has members."""

import keras

from bnnc.runtime.layers.batch_ensemble import BatchEnsemble
from bnnc.runtime.layers.depthwise_operation import DepthwiseOperation
from bnnc.runtime.layers.kernel_layer import kernel_layer
from bnnc.runtime.layers.rank_1 import Rank1
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from bnnc.runtime.layers.variational import Variational


class _DepthwiseConv2D(DepthwiseOperation, keras.layers.DepthwiseConv2D):
    """`keras.layers.DepthwiseConv2D`, as a method asks for it.

    Args:
        kernel_size: height and width of the kernel, or one integer for both.

    Input shape: [batch, height, width, channels].
    Output shape: [batch, new height, new width, channels * depth_multiplier].
    """


VariationalDepthwiseConv2D = kernel_layer(Variational, _DepthwiseConv2D)
Rank1DepthwiseConv2D = kernel_layer(Rank1, _DepthwiseConv2D)
BatchEnsembleDepthwiseConv2D = kernel_layer(BatchEnsemble, _DepthwiseConv2D)
SpectralNormalizedDepthwiseConv2D = kernel_layer(SpectralNormalization, _DepthwiseConv2D)
