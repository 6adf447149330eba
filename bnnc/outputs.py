"""The distributions of labels that a `bnnc.BayesianModel` learns.

Every class has a page of its own: `help(bnnc.outputs.Categorical)`. Importing this imports TensorFlow.
"""

from typing import TYPE_CHECKING, Any

import bnnc.runtime.names  # noqa: F401 - chooses Keras's backend before Keras is imported
from bnnc.runtime.outputs import OUTPUTS

_NAMED = {one.__name__: one for one in OUTPUTS.values()}
globals().update(_NAMED)
__all__ = sorted(_NAMED)  # noqa: PLE0605 - they are found, not listed

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...
