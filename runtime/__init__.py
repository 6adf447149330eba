"""What a compiled program does: layers, training, prediction, runs, data.

The names that an emitted `model.py` uses, those of `bnnc.runtime.names`, are here too. The first of
them that is used imports TensorFlow; `bnnc.runtime.data` does without.
"""

import importlib
import importlib.util
import sys
from typing import Any

if "keras" in sys.modules:
    # Whoever has imported Keras may load a saved model: its classes are registered at once.
    importlib.import_module("bnnc.runtime.names")


def __getattr__(name: str) -> Any:
    if not name.startswith("__"):  # Python looks for `__path__` and its like on every import
        if importlib.util.find_spec(f"{__name__}.{name}"):  # `from bnnc.runtime import evidence`
            return importlib.import_module(f"{__name__}.{name}")
        names = importlib.import_module("bnnc.runtime.names")
        if hasattr(names, name):
            value = globals()[name] = getattr(names, name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    names = importlib.import_module("bnnc.runtime.names")
    return sorted({*globals(), *dir(names)})
