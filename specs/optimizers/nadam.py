"""Nadam: Adam with Nesterov momentum."""

from typing import Literal

from bnnc.specs.optimizers.adaptive import Adaptive


class Nadam(Adaptive):
    """Adam with Nesterov momentum (keras.optimizers.Nadam)."""

    type: Literal["nadam"]
