"""Layers that are active in training: dropout."""

from typing import Literal

from pydantic import Field

from bnnc.specs.layers.layer import BayesianLayer


class Dropout(BayesianLayer):
    """Zeroes units at random (keras.layers.Dropout); under `mc_dropout` at prediction too."""

    type: Literal["dropout"]
    rate: float = Field(ge=0, lt=1, description="Share of the units that is zeroed, in [0, 1).")

    # Keras's dropout, with randomness that is indexed as everything else's.
    keras_class = "bnnc.runtime.Dropout"
    drops = True

    def arguments(self) -> dict[str, object]:
        """The rate."""
        return {"rate": self.rate}
