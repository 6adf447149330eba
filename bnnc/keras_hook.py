"""Register the classes of bnnc with Keras when Keras is imported, for `keras.saving.load_model`.

Keras finds a class of a saved model by the name that it was registered under, and imports no module
that a file names. The classes are registered when `bnnc.runtime` is imported, which takes seconds.
`import bnnc` therefore registers a stand-in for the model, which imports the rest when Keras builds
it; if Keras is not imported yet, as soon as it is.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_KERAS = "keras"
_MODEL = "bnnc>BayesianModel"


class _SavedModel:
    """Stand-in for `BayesianModel` in Keras's registry until that class registers itself."""

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """The model with this config; the classes of its parts are registered first."""
        import bnnc.runtime

        return bnnc.runtime.BayesianModel.from_config(config, custom_objects)


class _KerasFinder:
    """Finds `keras` as the other finders do, and registers the stand-in after its import."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != _KERAS:
            return None
        others = [getattr(one, "find_spec", None) for one in sys.meta_path if one is not self]
        found = (find(name, path, target) for find in others if find is not None)
        spec = next((one for one in found if one is not None), None)
        loader: Any = spec.loader if spec else None
        if loader is not None:
            run = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                run(module)
                _register(module)

            loader.exec_module = exec_module
        return spec


def _register(keras: Any) -> None:
    keras.saving.get_custom_objects().setdefault(_MODEL, _SavedModel)


def register_when_keras_is_imported() -> None:
    """Register the stand-in now if Keras is imported already, and otherwise after its import."""
    keras = sys.modules.get(_KERAS)
    if keras is not None:
        _register(keras)
    # A second one, of a module that was loaded again, would look for Keras by the first for ever.
    elif not any(type(one).__name__ == _KerasFinder.__name__ for one in sys.meta_path):
        sys.meta_path.insert(0, _KerasFinder())
