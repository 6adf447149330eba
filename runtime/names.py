"""The names that an emitted `model.py` uses: layers, priors, the model, its objective, predictors.

`bnnc.runtime` gives each of them when it is first asked for, so that the parts of the runtime that
need no TensorFlow can be imported without it.
"""

from typing import TYPE_CHECKING, Any

from bnnc.runtime.backend import use_tensorflow

use_tensorflow()  # before Keras is imported by what follows

from bnnc.runtime import outputs
from bnnc.runtime.initializers import DepthwiseHeNormal
from bnnc.runtime.keras_settings import keras_defaults
from bnnc.runtime.layers import LAYERS
from bnnc.runtime.model import BayesianModel
from bnnc.runtime.prediction.predictors import ensemble_predictor_of, predictor_of
from bnnc.runtime.priors import PRIORS
from bnnc.runtime.training import optimizers, schedules
from bnnc.runtime.training.objective import Objective
from bnnc.specs.seeds import layer_seed

globals().update(LAYERS)
globals().update({prior.__name__: prior for prior in PRIORS.values()})

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...


__all__ = [
    "BayesianModel",
    "DepthwiseHeNormal",
    "Objective",
    "ensemble_predictor_of",
    "keras_defaults",
    "layer_seed",
    "optimizers",
    "outputs",
    "predictor_of",
    "schedules",
]
