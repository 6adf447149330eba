"""Normalizations: batch_normalization."""

from typing import Literal

from pydantic import Field

from bnnc.specs.layers.layer import LayerSection, Shape
from bnnc.specs.section import Positive


class BatchNormalization(LayerSection):
    """Batch normalization (keras.layers.BatchNormalization); deterministic."""

    type: Literal["batch_normalization"]
    momentum: float = Field(
        default=0.99, ge=0, lt=1, description="Momentum of the moving mean and variance."
    )
    epsilon: Positive = Field(
        default=0.001, description="Small number added to the variance before the square root."
    )

    keras_class = "keras.layers.BatchNormalization"

    def weights(self, shape: Shape) -> dict[str, Shape]:
        """Four numbers a channel, two of them moving averages."""
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        return dict.fromkeys(names, (shape[-1],))

    def non_trainable(self) -> frozenset[str]:
        """The moving averages."""
        return frozenset({"moving_mean", "moving_variance"})

    def arguments(self) -> dict[str, object]:
        """Keras's own arguments, defaults left out."""
        given: dict[str, object] = {}
        if self.momentum != 0.99:
            given["momentum"] = self.momentum
        if self.epsilon != 0.001:
            given["epsilon"] = self.epsilon
        return given

    @property
    def final_activation(self) -> str:
        """Its output is no longer what an activation gave: it can have any value."""
        return "linear"
