"""Keras layers whose kernel is random or has members, dropout that stays active at prediction, and others."""

from bnnc.runtime.layers.augmentation import (
    RandomContrast,
    RandomErasing,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
)
from bnnc.runtime.layers.backbone import Backbone
from bnnc.runtime.layers.batch_ensemble import BatchEnsemble
from bnnc.runtime.layers.batch_normalization import BatchNormalization
from bnnc.runtime.layers.concrete_dropout import ConcreteDropout
from bnnc.runtime.layers.conv1d import (
    BatchEnsembleConv1D,
    Rank1Conv1D,
    SpectralNormalizedConv1D,
    VariationalConv1D,
)
from bnnc.runtime.layers.conv2d import (
    BatchEnsembleConv2D,
    Rank1Conv2D,
    SpectralNormalizedConv2D,
    VariationalConv2D,
)
from bnnc.runtime.layers.conv2d_transpose import (
    BatchEnsembleConv2DTranspose,
    Rank1Conv2DTranspose,
    SpectralNormalizedConv2DTranspose,
    VariationalConv2DTranspose,
)
from bnnc.runtime.layers.conv3d import (
    BatchEnsembleConv3D,
    Rank1Conv3D,
    SpectralNormalizedConv3D,
    VariationalConv3D,
)
from bnnc.runtime.layers.dense import (
    BatchEnsembleDense,
    LaplaceDense,
    Rank1Dense,
    SpectralNormalizedDense,
    VariationalDense,
)
from bnnc.runtime.layers.depthwise_conv2d import (
    BatchEnsembleDepthwiseConv2D,
    Rank1DepthwiseConv2D,
    SpectralNormalizedDepthwiseConv2D,
    VariationalDepthwiseConv2D,
)
from bnnc.runtime.layers.dropout import Dropout
from bnnc.runtime.layers.laplace import Laplace
from bnnc.runtime.layers.learned import LearnedCutpoints, LearnedScale
from bnnc.runtime.layers.random_feature_gaussian_process import RandomFeatureGaussianProcess
from bnnc.runtime.layers.rank_1 import Rank1
from bnnc.runtime.layers.spatial_dropout import SpatialDropout1D, SpatialDropout2D, SpatialDropout3D
from bnnc.runtime.layers.spectral_normalization import SpectralNormalization
from bnnc.runtime.layers.variational import Variational
from bnnc.runtime.layers.zero_padded_shortcut import ZeroPaddedShortcut

__all__ = [
    "Backbone",
    "BatchEnsemble",
    "BatchEnsembleConv1D",
    "BatchEnsembleConv2D",
    "BatchEnsembleConv2DTranspose",
    "BatchEnsembleConv3D",
    "BatchEnsembleDense",
    "BatchEnsembleDepthwiseConv2D",
    "BatchNormalization",
    "ConcreteDropout",
    "Dropout",
    "Laplace",
    "LaplaceDense",
    "LearnedCutpoints",
    "LearnedScale",
    "RandomContrast",
    "RandomErasing",
    "RandomFeatureGaussianProcess",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "Rank1",
    "Rank1Conv1D",
    "Rank1Conv2D",
    "Rank1Conv2DTranspose",
    "Rank1Conv3D",
    "Rank1Dense",
    "Rank1DepthwiseConv2D",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "SpectralNormalizedConv1D",
    "SpectralNormalizedConv2D",
    "SpectralNormalizedConv2DTranspose",
    "SpectralNormalizedConv3D",
    "SpectralNormalizedDense",
    "SpectralNormalizedDepthwiseConv2D",
    "Variational",
    "VariationalConv1D",
    "VariationalConv2D",
    "VariationalConv2DTranspose",
    "VariationalConv3D",
    "VariationalDense",
    "VariationalDepthwiseConv2D",
    "ZeroPaddedShortcut",
]
