"""What runs: layers, estimators, outputs, the objective, training, data, prediction.

The names below are those that an emitted `model.py` uses.
"""

from bnnc.runtime import optimizers, outputs, schedules
from bnnc.runtime.layers import (
    BatchEnsembleConv1D,
    BatchEnsembleConv2D,
    BatchEnsembleConv2DTranspose,
    BatchEnsembleConv3D,
    BatchEnsembleDense,
    BatchEnsembleDepthwiseConv2D,
    ConcreteDropout,
    Dropout,
    LearnedCutpoints,
    LearnedScale,
    Rank1Conv1D,
    Rank1Conv2D,
    Rank1Conv2DTranspose,
    Rank1Conv3D,
    Rank1Dense,
    Rank1DepthwiseConv2D,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
    VariationalConv1D,
    VariationalConv2D,
    VariationalConv2DTranspose,
    VariationalConv3D,
    VariationalDense,
    VariationalDepthwiseConv2D,
)
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.objective import Objective
from bnnc.runtime.priors import NormalPrior
from bnnc.specs.seeds import layer_seed

__all__ = [
    "BatchEnsembleConv1D",
    "BatchEnsembleConv2D",
    "BatchEnsembleConv2DTranspose",
    "BatchEnsembleConv3D",
    "BatchEnsembleDense",
    "BatchEnsembleDepthwiseConv2D",
    "BayesianModel",
    "ConcreteDropout",
    "Dropout",
    "LearnedCutpoints",
    "LearnedScale",
    "NormalPrior",
    "Objective",
    "Rank1Conv1D",
    "Rank1Conv2D",
    "Rank1Conv2DTranspose",
    "Rank1Conv3D",
    "Rank1Dense",
    "Rank1DepthwiseConv2D",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "VariationalConv1D",
    "VariationalConv2D",
    "VariationalConv2DTranspose",
    "VariationalConv3D",
    "VariationalDense",
    "VariationalDepthwiseConv2D",
    "layer_seed",
    "optimizers",
    "outputs",
    "schedules",
]
