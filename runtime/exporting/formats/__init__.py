"""The formats of an export, one file each; all files of this folder are imported."""

import importlib
import pkgutil

from bnnc.runtime.exporting.formats.format import FORMATS, Format

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["FORMATS", "Format"]
