"""The priors of the weights of `bnnc.layers`.

Every class has a page of its own: `help(bnnc.priors.NormalPrior)`. Importing this imports TensorFlow.
"""

from typing import TYPE_CHECKING, Any

import bnnc.runtime.names  # noqa: F401 - chooses Keras's backend before Keras is imported
from bnnc.runtime.priors import PRIORS

_NAMED = {one.__name__: one for one in PRIORS.values()}
globals().update(_NAMED)
__all__ = sorted(_NAMED)  # noqa: PLE0605 - they are found, not listed

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...
