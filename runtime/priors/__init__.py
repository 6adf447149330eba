"""Priors over a kernel's weights, one file each; every file of this folder is found by itself."""

import importlib
import pkgutil

from bnnc.runtime.priors.laplace import LaplacePrior
from bnnc.runtime.priors.normal import NormalPrior
from bnnc.runtime.priors.prior import PRIORS, Prior, check_prior, prior
from bnnc.runtime.priors.scale_mixture import ScaleMixturePrior
from bnnc.runtime.priors.student_t import StudentTPrior

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = [
    "PRIORS",
    "LaplacePrior",
    "NormalPrior",
    "Prior",
    "ScaleMixturePrior",
    "StudentTPrior",
    "check_prior",
    "prior",
]
