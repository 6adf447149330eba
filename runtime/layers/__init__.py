"""Keras layers whose kernel is random or has members, and others; every file here is found by itself.

To add a layer, write its class in a file of this folder: it has its own name here, in `bnnc.layers`,
and in `bnnc.runtime`, where an emitted `model.py` calls it. Mixins are not among them.
"""

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

import keras


def _is_whole(layer: type[keras.layers.Layer]) -> bool:
    """Whether Keras can save and load it: mixins and bases are not registered under their names."""
    return bool(keras.saving.get_registered_name(layer) == f"bnnc>{layer.__name__}")


def _layers() -> dict[str, type[keras.layers.Layer]]:
    found: dict[str, type[keras.layers.Layer]] = {}
    for entry in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{entry.name}")
        for name, one in vars(module).items():
            its_own = isinstance(one, type) and one.__module__ == module.__name__
            if its_own and issubclass(one, keras.layers.Layer) and _is_whole(one):
                found[name] = one
    return found


LAYERS = _layers()
globals().update(LAYERS)

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...


__all__ = ["LAYERS"]
