"""Compile a declarative spec of a Bayesian image model into a Keras model.

`import bnnc` imports no TensorFlow; `bnnc.compile`, `bnnc.load` and `bnnc.layers` do.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from bnnc.keras_hook import register_when_keras_is_imported
from bnnc.version import VERSION

if TYPE_CHECKING:
    from bnnc import layers, outputs, priors
    from bnnc.api import check, compile, load, plan
    from bnnc.compiler.checking.data_warnings import SpecWarning
    from bnnc.compiler.planning.plan import Plan
    from bnnc.compiler.report import Report, SpecError
    from bnnc.diagnosis import Diagnosis, doctor
    from bnnc.errors import (
        ArgumentError,
        ArtifactError,
        BackendError,
        BnncError,
        DataError,
        DataWarning,
        DeviceError,
        DivergedError,
        DownloadError,
        MissingExtraError,
        OutputError,
        RunError,
        SpecFileError,
        SpecNotFoundError,
        SweepError,
        WeightsError,
        WorkerError,
    )
    from bnnc.runtime.model import BayesianModel
    from bnnc.runtime.prediction.multilabel_prediction import LabelSetPrediction
    from bnnc.runtime.prediction.prediction import Prediction
    from bnnc.runtime.prediction.predictors import predictor_of
    from bnnc.runtime.prediction.regression_prediction import NumberPrediction
    from bnnc.runtime.program import Program
    from bnnc.specs import Spec
    from bnnc.sweeping.api import sweep

__version__ = VERSION
__all__ = [
    "ArgumentError",
    "ArtifactError",
    "BackendError",
    "BayesianModel",
    "BnncError",
    "DataError",
    "DataWarning",
    "DeviceError",
    "Diagnosis",
    "DivergedError",
    "DownloadError",
    "LabelSetPrediction",
    "MissingExtraError",
    "NumberPrediction",
    "OutputError",
    "Plan",
    "Prediction",
    "Program",
    "Report",
    "RunError",
    "Spec",
    "SpecError",
    "SpecFileError",
    "SpecNotFoundError",
    "SpecWarning",
    "SweepError",
    "WeightsError",
    "WorkerError",
    "__version__",
    "check",
    "compile",
    "doctor",
    "layers",
    "load",
    "outputs",
    "plan",
    "predictor_of",
    "priors",
    "sweep",
]

# Each name is imported when it is first used: the command line decides about pydantic's plugins
# before pydantic is there, and `import bnnc` costs nothing.
_HOMES = {
    "BayesianModel": "bnnc.runtime.names",
    "Diagnosis": "bnnc.diagnosis",
    "LabelSetPrediction": "bnnc.runtime.prediction.multilabel_prediction",
    "NumberPrediction": "bnnc.runtime.prediction.regression_prediction",
    "Plan": "bnnc.compiler.planning.plan",
    "Prediction": "bnnc.runtime.prediction.prediction",
    "Program": "bnnc.runtime.program",
    "Report": "bnnc.compiler.report",
    "Spec": "bnnc.specs",
    "SpecError": "bnnc.compiler.report",
    "SpecWarning": "bnnc.compiler.checking.data_warnings",
    "check": "bnnc.api",
    "compile": "bnnc.api",
    "doctor": "bnnc.diagnosis",
    "load": "bnnc.api",
    "plan": "bnnc.api",
    "predictor_of": "bnnc.runtime.names",
    "sweep": "bnnc.sweeping.api",
}
_MODULES = frozenset({"layers", "outputs", "priors"})

register_when_keras_is_imported()


def __getattr__(name: str) -> object:
    if name.startswith("_") or name not in __all__:
        raise AttributeError(f"module 'bnnc' has no attribute {name!r}")
    if name in _MODULES:
        return importlib.import_module(f"bnnc.{name}")
    # The others are errors.
    value = getattr(importlib.import_module(_HOMES.get(name, "bnnc.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
