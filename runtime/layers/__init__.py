"""Keras layers with a posterior over their kernel, dropout that stays active at prediction, and learned parameters."""

from bnnc.runtime.layers.concrete_dropout import ConcreteDropout
from bnnc.runtime.layers.conv2d import VariationalConv2D
from bnnc.runtime.layers.dense import VariationalDense
from bnnc.runtime.layers.depthwise_conv2d import VariationalDepthwiseConv2D
from bnnc.runtime.layers.dropout import Dropout
from bnnc.runtime.layers.learned import LearnedCutpoints, LearnedScale
from bnnc.runtime.layers.variational import Variational

__all__ = [
    "ConcreteDropout",
    "Dropout",
    "LearnedCutpoints",
    "LearnedScale",
    "Variational",
    "VariationalConv2D",
    "VariationalDense",
    "VariationalDepthwiseConv2D",
]
