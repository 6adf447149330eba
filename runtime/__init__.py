"""What runs: layers, estimators, outputs, the objective, training, data, prediction.

The names below, and those of all layers and priors, are those that an emitted `model.py` uses.
"""

from typing import TYPE_CHECKING, Any

import bnnc.runtime.backend  # noqa: F401  # before Keras, whose backend it chooses
from bnnc.runtime import optimizers, outputs, schedules
from bnnc.runtime.initializers import DepthwiseHeNormal
from bnnc.runtime.keras_defaults import keras_defaults
from bnnc.runtime.layers import LAYERS
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.objective import Objective
from bnnc.runtime.priors import PRIORS
from bnnc.specs.seeds import layer_seed

globals().update(LAYERS)
globals().update({prior.__name__: prior for prior in PRIORS.values()})

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...


__all__ = [
    "BayesianModel",
    "DepthwiseHeNormal",
    "Objective",
    "keras_defaults",
    "layer_seed",
    "optimizers",
    "outputs",
    "schedules",
]
