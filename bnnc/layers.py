"""Keras layers with a posterior, with members or with other noise, for models of your own.

Every class has a page of its own: `help(bnnc.layers.VariationalDense)`. Importing this imports TensorFlow.
"""

from typing import TYPE_CHECKING, Any

import bnnc.runtime.names  # noqa: F401 - chooses Keras's backend before Keras is imported
from bnnc.runtime.layers import LAYERS

globals().update(LAYERS)
__all__ = sorted(LAYERS)  # noqa: PLE0605 - they are found, not listed

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...
