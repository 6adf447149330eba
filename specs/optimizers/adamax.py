"""Adamax: Adam by the infinity norm."""

from typing import Literal

from bnnc.specs.optimizers.adaptive import Adaptive


class Adamax(Adaptive):
    """Adam by the infinity norm (keras.optimizers.Adamax)."""

    type: Literal["adamax"]
