"""What runs: layers, estimators, outputs, the objective, training, data, prediction.

The names below are those that an emitted `model.py` uses.
"""

from bnnc.runtime import optimizers, outputs, schedules
from bnnc.runtime.layers import (
    ConcreteDropout,
    Dropout,
    LearnedCutpoints,
    LearnedScale,
    VariationalConv2D,
    VariationalDense,
    VariationalDepthwiseConv2D,
)
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.objective import Objective
from bnnc.runtime.priors import NormalPrior
from bnnc.specs.seeds import layer_seed

__all__ = [
    "BayesianModel",
    "ConcreteDropout",
    "Dropout",
    "LearnedCutpoints",
    "LearnedScale",
    "NormalPrior",
    "Objective",
    "VariationalConv2D",
    "VariationalDense",
    "VariationalDepthwiseConv2D",
    "layer_seed",
    "optimizers",
    "outputs",
    "schedules",
]
