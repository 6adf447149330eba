"""Output distributions, one file each; all files of this folder are imported."""

import importlib
import pkgutil

from bnnc.runtime.outputs.output import OUTPUTS, OutputDistribution

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

# Each class under its own name, as an emitted `model.py` calls it.
globals().update({output.__name__: output for output in OUTPUTS.values()})

__all__ = ["OUTPUTS", "OutputDistribution"]
