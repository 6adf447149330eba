"""Compile a declarative spec of a Bayesian image model into a Keras model.

`import bnnc` imports no TensorFlow; `bnnc.compile` and `bnnc.load` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnnc.api import check, compile, load
from bnnc.compiler.pipeline import Report, SpecError
from bnnc.specs import Spec
from bnnc.version import VERSION

if TYPE_CHECKING:
    from bnnc.runtime.program import Program

__version__ = VERSION

__all__ = ["Program", "Report", "Spec", "SpecError", "__version__", "check", "compile", "load"]


def __getattr__(name: str) -> object:
    if name == "Program":
        from bnnc.runtime.program import Program

        return Program
    raise AttributeError(f"module 'bnnc' has no attribute {name!r}")
