"""Compile a declarative spec of a Bayesian image model into a Keras model.

`import bnnc` imports no TensorFlow; `bnnc.compile` and `bnnc.load` do.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from bnnc.version import VERSION

if TYPE_CHECKING:
    from bnnc.api import check, compile, load
    from bnnc.compiler.asking_again import SpecWarning
    from bnnc.compiler.pipeline import Report, SpecError
    from bnnc.runtime.program import Program
    from bnnc.specs import Spec

__version__ = VERSION
__all__ = [
    "Program",
    "Report",
    "Spec",
    "SpecError",
    "SpecWarning",
    "__version__",
    "check",
    "compile",
    "load",
]

# Each name is imported when it is first used: the command line decides about pydantic's plugins
# before pydantic is there, and `import bnnc` costs nothing.
_HOMES = {
    "Program": "bnnc.runtime.program",
    "Report": "bnnc.compiler.pipeline",
    "Spec": "bnnc.specs",
    "SpecError": "bnnc.compiler.pipeline",
    "SpecWarning": "bnnc.compiler.asking_again",
    "check": "bnnc.api",
    "compile": "bnnc.api",
    "load": "bnnc.api",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'bnnc' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
