"""The layer `activation`."""

from typing import Literal

from pydantic import Field

from bnnc.specs.activations import ActivationName
from bnnc.specs.layers.layer import LayerSection


class Activation(LayerSection):
    """A non-linearity as a layer of its own (keras.layers.Activation)."""

    type: Literal["activation"]
    activation: ActivationName = Field(description="Keras activation.")

    keras_class = "keras.layers.Activation"

    def arguments(self) -> dict[str, object]:
        """The activation by name."""
        return {"activation": self.activation}

    @property
    def final_activation(self) -> str | None:
        """The activation; `linear` passes on what the layer before ends with."""
        return None if self.activation == "linear" else self.activation
