"""The Bayesian methods, one file each; all files of this folder are imported.

To add a method, write its class here under `@method("name")`, and what it runs in `runtime/`. The
language, the plan, the lowering and the rules ask the class what it is called, which layers carry
it, and what it makes of them.
"""

import importlib
import pkgutil
from typing import TYPE_CHECKING, Literal

from bnnc.specs.methods.method import METHODS, Consumer, Method, WeightCounts, method

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

# `none` first, as the way out of every other.
NAMES = tuple(sorted(METHODS, key=lambda name: (name != "none", name)))

if TYPE_CHECKING:
    MethodName = str
else:
    MethodName = Literal[NAMES]

__all__ = ["METHODS", "NAMES", "Consumer", "Method", "MethodName", "WeightCounts", "method"]
