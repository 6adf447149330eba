"""Priors of the weights, one file each; all files of this folder are imported."""

import importlib
import pkgutil

from bnnc.runtime.priors.normal import NormalPrior
from bnnc.runtime.priors.prior import PRIORS, Prior, check_prior, prior

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["PRIORS", "NormalPrior", "Prior", "check_prior", "prior"]
