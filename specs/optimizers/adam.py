"""Adam: two moments of the gradient."""

from typing import Literal

from bnnc.specs.optimizers.adaptive import AmsGrad


class Adam(AmsGrad):
    """Adam (keras.optimizers.Adam)."""

    type: Literal["adam"]
