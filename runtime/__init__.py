"""What runs: layers, estimators, outputs, the objective, training, data, prediction.

The names below are those that an emitted `model.py` uses.
"""

from bnnc.runtime import optimizers, outputs, schedules
from bnnc.runtime.layers import (
    BatchEnsembleConv2D,
    BatchEnsembleDense,
    BatchEnsembleDepthwiseConv2D,
    ConcreteDropout,
    Dropout,
    LearnedCutpoints,
    LearnedScale,
    Rank1Conv2D,
    Rank1Dense,
    Rank1DepthwiseConv2D,
    VariationalConv2D,
    VariationalDense,
    VariationalDepthwiseConv2D,
    ZeroPaddedShortcut,
)
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.objective import Objective
from bnnc.runtime.priors import NormalPrior

__all__ = [
    "BatchEnsembleConv2D",
    "BatchEnsembleDense",
    "BatchEnsembleDepthwiseConv2D",
    "BayesianModel",
    "ConcreteDropout",
    "Dropout",
    "LearnedCutpoints",
    "LearnedScale",
    "NormalPrior",
    "Objective",
    "Rank1Conv2D",
    "Rank1Dense",
    "Rank1DepthwiseConv2D",
    "VariationalConv2D",
    "VariationalDense",
    "VariationalDepthwiseConv2D",
    "ZeroPaddedShortcut",
    "optimizers",
    "outputs",
    "schedules",
]
